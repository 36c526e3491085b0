import type { IQueueBackend, WorkerOptions } from 'bullmq';
import { createRedisBackend } from 'bullmq';
import type { FleetKeys } from '../redis/keys.js';
import type { OpenLane } from './laneBoard.js';

/** BullMQ's backends of lanes, over one shared connection. */
export interface LaneBackends {
  /** The one that all others stand on; it has no queue of its own. */
  readonly root: IQueueBackend;
  of(lane: OpenLane): IQueueBackend;
  close(): Promise<void>;
}

/** Backends that are kept; the one that was used longest ago makes room. Making one anew costs some microseconds. */
const KEPT = 2_000;

/** Makes a lane's backend when it is first used. */
export function createLaneBackends(options: WorkerOptions, keys: FleetKeys): LaneBackends {
  let made: IQueueBackend | null = null;

  /** BullMQ connects when a backend is made, so that is done when it is first needed. */
  function root(): IQueueBackend {
    if (made !== null) return made;
    made = createRedisBackend('runner', options, {});
    // A connection that is away is reported by the connection itself.
    made.on('error', () => undefined);
    return made;
  }

  const kept = new Map<string, IQueueBackend>();
  return {
    get root() {
      return root();
    },
    of({ name, tenantId }) {
      const known = kept.get(name);
      const backend = known ?? root().forQueue(name, keys.queuePrefix(tenantId));
      if (known !== undefined) kept.delete(name);
      kept.set(name, backend);
      const [oldest] = kept.keys();
      if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
      return backend;
    },
    async close() {
      await made?.close();
      made = null;
    },
  };
}
