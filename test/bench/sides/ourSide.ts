import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import { classOfLane, laneName } from '@sluice/shared/domain/lane';
import { startFleetProcess } from '../../support/fleetProcess.js';
import { DATA, fillLane, MAX_ATTEMPTS, TASK } from './fillLane.js';
import type { Side } from './workerSide.js';

const PROFILER = new URL('./profileProcess.js', import.meta.url).href;

/** How our worker runs. */
export interface OurSideOptions {
  readonly slots: number;
  readonly slotConcurrency: number;
  /** Where the process leaves a CPU profile; null for none. */
  readonly profileDir: string | null;
}

/** Sluice: a worker process as in production. The ledger holds every job, as the producer would have left it. */
export function ourSide({ slots, slotConcurrency, profileDir }: OurSideOptions): Side {
  return {
    async fill(servers, lane, jobs) {
      await fillLane(servers, lane, jobs, async (ids) => {
        await insertJobs(
          servers.postgres.db,
          ids.map((id) => ({
            id,
            tenantId: lane.tenantId,
            userId: null,
            role: 'member' as const,
            task: TASK,
            queueClass: classOfLane(laneName(lane)),
            queueJobId: null,
            state: 'queued' as const,
            priority: 50,
            data: DATA,
            maxAttempts: MAX_ATTEMPTS,
            timeoutMs: 60_000,
            delayMs: 0,
            dedupeKey: null,
            durability: 'ledger' as const,
            traceparent: null,
          })),
        );
      });
      await servers.postgres.db.$client.query('ANALYZE jobs');
      await writeDesiredSlots(servers.redis.client, servers.keys, new Map([[lane.tenantId, slots]]), 0);
    },
    async startWorker({ environment }) {
      const worker = await startFleetProcess('worker', {
        ...environment,
        SLOT_CONCURRENCY: String(slotConcurrency),
        ...(profileDir === null ? {} : { NODE_OPTIONS: `--import=${PROFILER}`, PROFILE_DIR: profileDir }),
      });
      return {
        pid: worker.child.pid,
        async stop() {
          await worker.stop();
        },
      };
    },
    async verify({ postgres }, _lane, jobs) {
      const { rows } = await postgres.db.$client.query<{ completed: number; attempts: number }>(
        `SELECT (SELECT count(*)::int FROM jobs WHERE state = 'completed') AS completed,
                (SELECT count(*)::int FROM attempts WHERE outcome = 'completed') AS attempts`,
      );
      const { completed = 0, attempts = 0 } = rows[0] ?? {};
      if (completed !== jobs || attempts !== jobs) {
        throw new Error(`the ledger has ${completed} completed jobs and ${attempts} attempts, not ${jobs}`);
      }
    },
  };
}
