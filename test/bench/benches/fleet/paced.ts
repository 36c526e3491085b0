import { compareSides } from './compareSides.js';
import type { Measure } from './measure.js';
import { describeCpu, onServedFleet, tenantsOf, withCpu } from './runFleet.js';

const TENANTS = 1_000;
const JOBS_PER_SECOND = 1_500;
const SECONDS = 10;

/** What a job costs while the fleet is not at its limit. */
export const paced: Measure = {
  name: 'paced',
  summary: 'CPU of the worker process per job at a steady pace',
  method:
    `${JOBS_PER_SECOND.toLocaleString('en')} single jobs per second over ${TENANTS.toLocaleString('en')} tenants in turn for ` +
    `${SECONDS} s, each added by a call of its own. CPU time is what the worker process says of itself.`,
  measure(context) {
    const tenants = Math.min(TENANTS, context.tenants);
    const jobs = Math.ceil(JOBS_PER_SECOND * (context.seconds ?? SECONDS));
    return compareSides(
      context,
      `paced, ${tenants} tenants`,
      (side) =>
        onServedFleet(side, context, tenantsOf(tenants), async (fleet) => {
          const { worker, generator } = fleet;
          await worker.reset();
          const { cpu } = await withCpu(context, fleet, 'paced', async () => {
            const reached = worker.reach({ jobs });
            await Promise.all([generator.pace({ tenants, jobsPerSecond: JOBS_PER_SECOND, jobs }), reached]);
          });
          return { figures: { cpuUsPerJob: cpu.workerUs / jobs }, notes: [describeCpu(cpu)] };
        }),
      [
        {
          metric: `${JOBS_PER_SECOND.toLocaleString('en')} jobs/s over ${tenants.toLocaleString('en')} tenants: CPU of the worker process per job`,
          unit: 'us',
          figure: 'cpuUsPerJob',
          target: { of: 'ratio', bound: 'at-most', value: 1 },
        },
      ],
    );
  },
};
