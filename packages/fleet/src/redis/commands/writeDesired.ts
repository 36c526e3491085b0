import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';
import { BUCKETS } from '../keys.js';
import { announceBuckets } from './announce.js';
import { groupByBucket } from './groupByBucket.js';

const script = defineLua('writeDesired');
const reply = z.string();

/**
 * Writes the desired slots of tenants, one call per bucket, and announces the changes to the workers.
 * @param fence of the caller's leadership: a bucket where a later leader has written is left unchanged
 * @returns the tenants whose slots were written
 */
export async function writeDesiredSlots(
  client: RedisClient,
  keys: FleetKeys,
  desired: ReadonlyMap<string, number>,
  fence: number,
): Promise<Set<string>> {
  const written = new Set<string>();
  const versions = new Map<number, string>();
  await Promise.all(
    [...groupByBucket(desired, ([tenant]) => tenant)].map(async ([bucket, slots]) => {
      const answer = await script.run(
        client,
        [keys.desiredSlots(bucket), keys.desiredFence(bucket), keys.version(bucket)],
        [fence, ...slots.flat()],
      );
      const version = reply.parse(answer);
      if (version === '') return;
      versions.set(bucket, version);
      for (const [tenant] of slots) written.add(tenant);
    }),
  );
  await announceBuckets(client, keys, versions);
  return written;
}

/** Makes every bucket reject writes of earlier leaders, unless a later leader has already fenced it. */
export async function fenceBuckets(client: RedisClient, keys: FleetKeys, fence: number): Promise<void> {
  await Promise.all(
    BUCKETS.map((bucket) =>
      script.run(client, [keys.desiredSlots(bucket), keys.desiredFence(bucket), keys.version(bucket)], [fence]),
    ),
  );
}
