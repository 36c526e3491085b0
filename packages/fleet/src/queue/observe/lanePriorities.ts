import { tenantOfLane } from '@sluice/shared/domain/lane';
import { QueueKeys } from 'bullmq';
import type { RedisClient } from '../../redis/client.js';
import type { FleetKeys } from '../../redis/keys.js';
import { createLaneBackends } from '../run/laneBackends.js';

/** BullMQ's keys of jobs whose priority matters now or when they come back to wait. */
const KINDS = ['prioritized', 'delayed', 'active'] as const;

/** A kind of place where jobs of a lane are. */
export type PlaceKind = (typeof KINDS)[number];

/** Every place, in the order in which it is scored anew: those that wait first. */
export const PLACES: readonly PlaceKind[] = KINDS;

/** A job of a lane, with BullMQ's priority. */
export interface PlacedJob {
  readonly id: string;
  readonly queuePriority: number;
}

/** Reads and changes the priorities of jobs that are in lanes. */
export interface LanePriorities {
  /** A page of a lane's jobs in the order in which they would run; empty behind the last. */
  page(lane: string, place: PlaceKind, from: number, count: number): Promise<PlacedJob[]>;
  /** Changes priorities in this order, so that equals keep theirs. Jobs that are gone are passed over. */
  change(lane: string, jobs: readonly PlacedJob[]): Promise<void>;
  close(): Promise<void>;
}

/** Reads by the names that BullMQ gives its keys; changes by BullMQ's own script. */
export function createLanePriorities(client: RedisClient, keys: FleetKeys): LanePriorities {
  const backends = createLaneBackends({ connection: client, skipVersionCheck: true }, keys);

  async function idsAt(lane: string, place: PlaceKind, from: number, count: number): Promise<string[]> {
    const key = new QueueKeys(keys.queuePrefix(tenantOfLane(lane))).toKey(lane, place);
    return place === 'active'
      ? client.lrange(key, from, from + count - 1)
      : client.zrange(key, String(from), String(from + count - 1));
  }

  return {
    async page(lane, place, from, count) {
      const names = new QueueKeys(keys.queuePrefix(tenantOfLane(lane)));
      const ids = await idsAt(lane, place, from, count);
      const numbers = await Promise.all(ids.map((id) => client.hget(names.toKey(lane, id), 'priority')));
      return ids.map((id, index) => ({ id, queuePriority: Number(numbers[index] ?? 0) }));
    },
    async change(lane, jobs) {
      const backend = backends.of(lane);
      await Promise.all(
        jobs.map(async ({ id, queuePriority }) => {
          // A job that ended meanwhile has no priority to change; BullMQ says so by an error.
          await backend.changePriority(id, queuePriority).catch(() => undefined);
        }),
      );
    },
    close: () => backends.close(),
  };
}
