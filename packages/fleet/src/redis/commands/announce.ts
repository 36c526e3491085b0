import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/**
 * Makes every process read changed buckets: subscribers at once, others at their next heartbeat.
 * @param versions new version by bucket
 */
export async function announceBuckets(
  client: RedisClient,
  keys: FleetKeys,
  versions: ReadonlyMap<number, string>,
): Promise<void> {
  if (versions.size === 0) return;
  await Promise.all([
    client.hset(keys.versions, new Map(Array.from(versions, ([bucket, version]) => [String(bucket), version]))),
    client.publish(keys.changedChannel, [...versions.keys()].join(' ')),
  ]);
}
