import { readLiveWorkers } from '@sluice/fleet/redis/commands/processes';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import type { ScalerDeps } from '../scalerDeps.js';
import { whileLeading } from '../whileLeading.js';
import { withBackOff } from './backOff.js';
import { createMemoryRoom } from './memoryRoom.js';
import type { RestoreStep } from './rebuildBuckets.js';
import { requeueJobs } from './requeueJobs.js';
import { createSlowSweep } from './sweepSlowly.js';
import { createRedisWatch } from './watchRedis.js';
import { createWorkerWatch } from './workerWatch.js';

/** Interval of searching for accepted jobs that Redis does not hold, in ms. */
const REQUEUE_EVERY_MS = 2_000;

/**
 * Interval of checking whether Redis lost its data or was replaced, and pause between two pages of the slow sweep, in
 * ms.
 */
const COMPARE_EVERY_MS = 1_000;

/** Hooks that recovery calls. */
export interface RecoveryHooks {
  /** Restores the data other than jobs when Redis lost its data. */
  readonly restore: readonly RestoreStep[];
  /** Receives the lanes that jobs were added to again, as names joined by a space. */
  readonly touched: (laneNames: string) => void;
}

/**
 * Adds jobs that Redis does not hold. The slow sweep runs in the watch's loop: it takes a page only when Redis is known
 * to have lost nothing else, so that a rebuild adds a lane's jobs in their order.
 */
export function createRecoveryLoops(deps: ScalerDeps, hooks: RecoveryHooks): PeriodicService[] {
  const { config, keys, redis, postgres, queues, metrics, lead, monotonicMs, log } = deps;
  const workers = createWorkerWatch(() => readLiveWorkers(redis.client, keys), monotonicMs);
  const hasRoom = createMemoryRoom(redis.client, config.memory.guardPercent, monotonicMs);
  const recover = { db: postgres.db, redis, keys, queues, workers, hasRoom, metrics, monotonicMs, log };
  const watch = createRedisWatch({ ...recover, ...hooks });
  const sweep = createSlowSweep(recover);
  const requeue = withBackOff((leadership) => requeueJobs(leadership, recover), monotonicMs);
  const compare = withBackOff(async (leadership) => {
    await watch(leadership);
    await sweep(leadership);
  }, monotonicMs);
  return [
    whileLeading('recover', { everyMs: REQUEUE_EVERY_MS, lead, log }, requeue),
    whileLeading('compare', { everyMs: COMPARE_EVERY_MS, lead, log }, compare),
  ];
}
