import { compareSides } from './compareSides.js';
import type { Measure } from './measure.js';
import { describeCpu, onFilledFleet, withCpu } from './runFleet.js';

const JOBS = 20_000;
const SLOTS = 5;
const SLOT_CONCURRENCY = 10;

/** How fast the jobs of one tenant are run, where there is nothing to share. */
export const single: Measure = {
  name: 'single',
  summary: 'Jobs per second of a single tenant, 50 at a time',
  method:
    `${JOBS.toLocaleString('en')} jobs wait in one queue before the worker process is started. Ours: ${SLOTS} slots of ` +
    `${SLOT_CONCURRENCY} jobs; bare: one Worker with a concurrency of ${SLOTS * SLOT_CONCURRENCY}. Timed from the first ` +
    "job's start to the last one's end.",
  measure(context) {
    const jobs = context.jobs ?? JOBS;
    return compareSides(
      context,
      'single tenant',
      (side) =>
        onFilledFleet(side, context, async ({ generator, start }) => {
          await generator.fill({ from: 0, tenants: 1, jobsEach: jobs });
          const worker = await start({
            tenants: 1,
            capacity: SLOTS * SLOT_CONCURRENCY,
            slots: SLOTS,
            slotConcurrency: SLOT_CONCURRENCY,
            serviceMs: 0,
          });
          const { cpu } = await withCpu(context, { side, worker, generator }, 'single', () => worker.reach({ jobs }));
          const { firstStartMs, lastEndMs } = await worker.state();
          const tookMs = (lastEndMs ?? Number.NaN) - (firstStartMs ?? Number.NaN);
          return { figures: { jobsPerSecond: (jobs / tookMs) * 1_000 }, notes: [describeCpu(cpu)] };
        }),
      [
        {
          metric: `${jobs.toLocaleString('en')} jobs on one tenant, ${SLOTS * SLOT_CONCURRENCY} at a time`,
          unit: 'jobs/s',
          figure: 'jobsPerSecond',
          target: { of: 'ratio', bound: 'at-least', value: 1 },
        },
      ],
    );
  },
};
