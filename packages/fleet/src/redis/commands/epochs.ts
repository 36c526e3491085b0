import { Cluster } from 'ioredis';
import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** Reads the Redis epochs of buckets; one without an epoch is missing. One command, or one per bucket on a Cluster. */
export async function readEpochs(
  client: RedisClient,
  keys: FleetKeys,
  buckets: Iterable<number>,
): Promise<Map<number, string>> {
  const asked = [...buckets];
  const names = asked.map((bucket) => keys.epoch(bucket));
  const found = await readAll(client, names);
  return new Map(
    asked.flatMap((bucket, index): [number, string][] => {
      const epoch = found[index] ?? null;
      return epoch === null ? [] : [[bucket, epoch]];
    }),
  );
}

async function readAll(client: RedisClient, names: readonly string[]): Promise<(string | null)[]> {
  if (names.length === 0) return [];
  if (client instanceof Cluster) return Promise.all(names.map((name) => client.get(name)));
  return client.mget(...names);
}

/**
 * Sets the epoch of each bucket that has none, and returns the epochs of all: concurrent callers get the same result.
 * @param epoch for the buckets that have none
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
