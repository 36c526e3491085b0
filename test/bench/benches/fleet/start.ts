import { compareSides, oneRound } from './compareSides.js';
import type { Measure } from './measure.js';
import { onServedFleet, tenantsOf } from './runFleet.js';

/** The target is told in MB, so memory is, too. */
const MB = 1_000_000;

/** What it costs that a worker process serves many tenants: connections, memory and time. */
export const start: Measure = {
  name: 'start',
  summary: 'Redis connections, memory and time to start of one worker process',
  method:
    'One job is added to every tenant, then the worker process is started. Served: from the start of the process until the ' +
    'last of these jobs has ended. Three seconds later, its connections to Redis are counted by the server, by their names, and resident memory ' +
    'is what the process says of itself; no garbage collection is forced.',
  measure(context) {
    const { tenants } = context;
    const all = `${tenants.toLocaleString('en')} tenants in one worker process`;
    return compareSides(
      oneRound(context),
      `start, ${tenants} tenants`,
      (side) =>
        onServedFleet(side, context, tenantsOf(tenants), async ({ worker, connections, servedAfterMs }) => {
          const { rssBytes, cpuUs } = await worker.state();
          return {
            figures: { connections, memory: rssBytes / MB, served: servedAfterMs / 1_000 },
            notes: [`CPU of the worker process so far: ${(cpuUs / 1e6).toFixed(2)} s`],
          };
        }),
      [
        {
          metric: `${all}: Redis connections`,
          unit: 'connections',
          figure: 'connections',
          target: { of: 'ours', bound: 'at-most', value: 100 },
        },
        {
          metric: `${all}: resident memory`,
          unit: 'MB',
          figure: 'memory',
          target: { of: 'ours', bound: 'at-most', value: 450 },
        },
        {
          metric: `${all}: time until all are served after start`,
          unit: 's',
          figure: 'served',
          target: { of: 'ours', bound: 'at-most', value: 5 },
        },
      ],
    );
  },
};
