import { tenantOfLane } from '@sluice/shared/domain/lane';
import { QueueKeys } from 'bullmq';
import type { RedisClient } from '../../redis/client.js';
import type { FleetKeys } from '../../redis/keys.js';
import { createLaneBackends } from '../run/laneBackends.js';

/** BullMQ's keys of jobs whose priority matters now or when they return to waiting. */
const KINDS = ['prioritized', 'delayed', 'active'] as const;

/** A kind of place that holds jobs of a lane. */
export type PlaceKind = (typeof KINDS)[number];

/** Every place, in rescoring order: waiting jobs first. */
export const PLACES: readonly PlaceKind[] = KINDS;

/** A job of a lane with its BullMQ priority. */
export interface PlacedJob {
  readonly id: string;
  readonly queuePriority: number;
}

/** Reads and changes the priorities of jobs in lanes. */
export interface LanePriorities {
  /** A page of a lane's jobs in run order; empty after the last. */
  page(lane: string, place: PlaceKind, from: number, count: number): Promise<PlacedJob[]>;
  /**
   * Changes priorities in this order, so that jobs of equal priority keep their order. Skips jobs that no longer exist.
   */
  change(lane: string, jobs: readonly PlacedJob[]): Promise<void>;
  close(): Promise<void>;
}

/** Reads through BullMQ's key names; changes through BullMQ's own script. */
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
          // BullMQ reports a job that ended meanwhile with an error.
          await backend.changePriority(id, queuePriority).catch(() => undefined);
        }),
      );
    },
    close: () => backends.close(),
  };
}
