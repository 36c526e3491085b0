import { tenantOfLane } from '@sluice/shared/domain/lane';
import type { RedisClient } from '../../redis/client.js';
import { groupByBucket } from '../../redis/commands/groupByBucket.js';
import type { FleetKeys } from '../../redis/keys.js';
import { unfinishedKeys } from './unfinishedKeys.js';

/** Lanes per batch: Redis answers one within milliseconds. */
const LANES_AT_A_TIME = 1_000;

/**
 * Returns which of these lanes hold unfinished jobs. Read-only and without opening their queues: one command per
 * bucket, plus one per lane of a bucket that holds any.
 */
export async function findBusyLanes(
  client: RedisClient,
  keys: FleetKeys,
  lanes: readonly string[],
): Promise<Set<string>> {
  const byBucket = groupByBucket(lanes, tenantOfLane);
  const busy = await Promise.all([...byBucket.values()].map((some) => findBusy(client, keys, some)));
  return new Set(busy.flat());
}

/** @param lanes of one bucket */
async function findBusy(client: RedisClient, keys: FleetKeys, lanes: readonly string[]): Promise<string[]> {
  const busy: string[] = [];
  for (let from = 0; from < lanes.length; from += LANES_AT_A_TIME) {
    const some = lanes.slice(from, from + LANES_AT_A_TIME);
    const keysOf = some.map((lane) => unfinishedKeys(keys, lane));
    if ((await client.exists(...keysOf.flat())) === 0) continue;
    const held = await Promise.all(keysOf.map((unfinished) => client.exists(...unfinished)));
    for (const [index, lane] of some.entries()) if ((held[index] ?? 0) > 0) busy.push(lane);
  }
  return busy;
}
