import { Cluster } from 'ioredis';
import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** The epochs that buckets carry; a bucket without one is missing. One command, but for a Cluster, where it is one each. */
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
