import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { Lane } from '@sluice/shared/domain/lane';
import { standingPriority } from '@sluice/shared/domain/priority';
import { newId } from '@sluice/shared/ids/ids';
import type { BenchServers } from '../harness/servers.js';

/** The task that both sides run: it does nothing. */
export const TASK = 'system.probe';

/** Data of every job. */
export const DATA = { sleepMs: 0 };

/** Attempts that count of every job. */
export const MAX_ATTEMPTS = 4;

const JOBS_PER_ADD = 1_000;

/**
 * Adds jobs to a lane through the same code as the producer, so that both sides find the very same jobs: same name,
 * data, priority, back-off and rules for removal.
 * @param before called with the ids of each batch before it is added
 */
export async function fillLane(
  servers: BenchServers,
  lane: Lane,
  jobs: number,
  before: (ids: readonly string[]) => Promise<void> = async () => undefined,
): Promise<void> {
  const queues = createLaneQueues(servers.redis.client, servers.keys);
  const priority = standingPriority('member', 50);
  try {
    for (let left = jobs; left > 0; left -= JOBS_PER_ADD) {
      const ids = Array.from({ length: Math.min(left, JOBS_PER_ADD) }, newId);
      await before(ids);
      await queues.add(
        ids.map((id) => ({
          lane,
          job: { id, task: TASK, data: DATA, queuePriority: priority, maxAttempts: MAX_ATTEMPTS, delayMs: 0 },
        })),
      );
    }
  } finally {
    await queues.close();
  }
}
