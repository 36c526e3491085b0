import { tenantOfLane } from '@sluice/shared/domain/lane';
import type { QueueBaseOptions, RedisQueueBackend } from 'bullmq';
import { createRedisBackend } from 'bullmq';
import type { FleetKeys } from '../../redis/keys.js';
import { createRecentlyUsed } from './recentlyUsed.js';

/** BullMQ backends of lanes, over one shared connection. */
export interface LaneBackends {
  /** The backend that all others derive from; it has no queue of its own. */
  root(): RedisQueueBackend;
  /** @param lane name of the lane */
  of(lane: string): RedisQueueBackend;
  close(): Promise<void>;
}

/** Maximum number of cached backends. */
const KEPT = 10_000;

/** Creates a lane's backend on first use. */
export function createLaneBackends(options: QueueBaseOptions, keys: FleetKeys): LaneBackends {
  let root: RedisQueueBackend | null = null;

  /** Created lazily, because BullMQ connects as soon as a backend is created. */
  function rootBackend(): RedisQueueBackend {
    if (root !== null) return root;
    root = createRedisBackend('lanes', options, {});
    // The shared connection reports its own failures.
    root.on('error', () => undefined);
    return root;
  }

  // A backend derived from a Redis backend is one as well; BullMQ's type does not say so.
  const kept = createRecentlyUsed(
    KEPT,
    (name) => rootBackend().forQueue(name, keys.queuePrefix(tenantOfLane(name))) as RedisQueueBackend,
  );
  return {
    root: rootBackend,
    of: (lane) => kept.get(lane),
    async close() {
      kept.clear();
      await root?.close();
      root = null;
    },
  };
}
