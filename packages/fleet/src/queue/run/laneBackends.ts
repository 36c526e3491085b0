import { tenantOfLane } from '@sluice/shared/domain/lane';
import type { QueueBaseOptions, RedisQueueBackend } from 'bullmq';
import { createRedisBackend } from 'bullmq';
import type { FleetKeys } from '../../redis/keys.js';
import { createRecentlyUsed } from './recentlyUsed.js';

/** BullMQ's backends of lanes, over one shared connection. */
export interface LaneBackends {
  /** The one that all others stand on; it has no queue of its own. */
  root(): RedisQueueBackend;
  /** @param lane name of the lane */
  of(lane: string): RedisQueueBackend;
  close(): Promise<void>;
}

/** Backends that are kept. */
const KEPT = 10_000;

/** Makes a lane's backend when it is first used. */
export function createLaneBackends(options: QueueBaseOptions, keys: FleetKeys): LaneBackends {
  let root: RedisQueueBackend | null = null;

  /** BullMQ connects when a backend is made, so that is done when it is first needed. */
  function rootBackend(): RedisQueueBackend {
    if (root !== null) return root;
    root = createRedisBackend('lanes', options, {});
    // A connection that is away is reported by the connection itself.
    root.on('error', () => undefined);
    return root;
  }

  // What stands on a Redis backend is one as well; BullMQ's type does not say so.
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
