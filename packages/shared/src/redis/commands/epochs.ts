import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** The epochs that buckets carry; a bucket without one is missing. */
export async function readEpochs(
  client: RedisClient,
  keys: FleetKeys,
  buckets: Iterable<number>,
): Promise<Map<number, string>> {
  const found = await Promise.all(
    Array.from(buckets, async (bucket) => [bucket, await client.get(keys.epoch(bucket))] as const),
  );
  return new Map(found.flatMap(([bucket, epoch]) => (epoch === null ? [] : [[bucket, epoch]])));
}

/**
 * Gives each bucket an epoch unless it has one, and tells which it has then: of two who do this, both learn the same.
 * @param epoch of the buckets that have none
 */
export async function agreeOnEpochs(
  client: RedisClient,
  keys: FleetKeys,
  buckets: readonly number[],
  epoch: string,
): Promise<Map<number, string>> {
  await Promise.all(buckets.map((bucket) => client.set(keys.epoch(bucket), epoch, 'NX')));
  return readEpochs(client, keys, buckets);
}
