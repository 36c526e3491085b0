import { quantile } from '../../../support/quantile.js';
import { median } from '../../harness/median.js';
import type { FleetContext } from '../fleet/measure.js';
import { onServedFleet, tenantsOf } from '../fleet/runFleet.js';
import type { QueuePart } from './part.js';
import { ownRow } from './part.js';

const JOBS = 1_000;
const EVERY_MS = 5;

/** How soon a job of a resting tenant starts. */
export const startLatency: QueuePart = {
  name: 'latency',
  summary: 'Time from add to start on an idle worker',
  method:
    `${JOBS} jobs of one tenant, one each ${EVERY_MS} ms, each added when the one before has run, by another process; measured as in the ` +
    'bench `fleet`, part `latency`: from before the add until the function of the job is called.',
  async measure(servers, { jobs, seconds, runs, sameJobs, profileDir, progress }) {
    const count = jobs ?? JOBS;
    const context: FleetContext = { servers, tenants: 1, jobs, seconds, rounds: runs, sameJobs, profileDir, progress };
    const waits = await onServedFleet('ours', context, tenantsOf(1), async ({ worker, generator }) => {
      await worker.reset();
      const reached = worker.reach({ jobs: count });
      await Promise.all([generator.singles({ from: 0, tenants: 1, jobs: count, everyMs: EVERY_MS }), reached]);
      return worker.waits();
    });
    const mean = waits.length === 0 ? null : waits.reduce((sum, ms) => sum + ms, 0) / waits.length;
    return {
      rows: [
        ownRow('add to start on an idle worker, mean', 'ms', mean, { of: 'ours', bound: 'at-most', value: 100 }),
        ownRow('add to start on an idle worker, p99', 'ms', quantile(waits, 0.99), {
          of: 'ours',
          bound: 'at-most',
          value: 10,
        }),
      ],
      runs: [`median ${median(waits)?.toFixed(2)} ms, longest ${quantile(waits, 1)?.toFixed(2)} ms of ${waits.length}`],
    };
  },
};
