import { quantile } from '../../../support/quantile.js';
import { compareSides, oneRound } from './compareSides.js';
import type { Measure } from './measure.js';
import { describeCpu, onServedFleet, tenantsOf, withCpu } from './runFleet.js';

const JOBS = 600;
const EVERY_MS = 5;

/** How soon a job starts that is added to a tenant which rests. */
export const latency: Measure = {
  name: 'latency',
  summary: 'Time from add to start of a job of an idle tenant among many',
  method:
    `${JOBS} single jobs, one each ${EVERY_MS} ms, each to another tenant that rests, each ` +
    'awaited by the client that adds it. The job carries the moment before its add, and the worker process compares it with ' +
    "the moment in which the job's function is called: two processes of one machine, by its monotonic clock.",
  measure(context) {
    const { tenants } = context;
    const jobs = Math.min(tenants, JOBS);
    const all = `add to start on an idle tenant among ${tenants.toLocaleString('en')}`;
    return compareSides(
      oneRound(context),
      `latency, ${tenants} tenants`,
      (side) =>
        onServedFleet(side, context, tenantsOf(tenants), async (fleet) => {
          const { worker, generator } = fleet;
          await worker.reset();
          const { cpu } = await withCpu(context, fleet, 'latency', async () => {
            const reached = worker.reach({ jobs });
            await Promise.all([generator.singles({ from: 0, tenants, jobs, everyMs: EVERY_MS }), reached]);
          });
          const [waits, { loopDelayP99Ms }] = [await worker.waits(), await worker.state()];
          return {
            figures: { p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) },
            notes: [
              `longest ${quantile(waits, 1)?.toFixed(2)} ms of ${waits.length}; event loop delayed by ${loopDelayP99Ms.toFixed(2)} ms (p99); ${describeCpu(cpu)}`,
            ],
          };
        }),
      [
        { metric: `${all}, p50`, unit: 'ms', figure: 'p50', target: { of: 'ours', bound: 'at-most', value: 1 } },
        { metric: `${all}, p99`, unit: 'ms', figure: 'p99', target: { of: 'ours', bound: 'at-most', value: 5 } },
      ],
    );
  },
};
