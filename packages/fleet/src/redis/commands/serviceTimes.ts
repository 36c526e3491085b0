import { bucketOf } from '@sluice/shared/domain/lane';
import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** Notes how long the jobs of lanes take, in ms. Lost with Redis and soon learnt again. */
export async function writeServiceTimes(
  client: RedisClient,
  keys: FleetKeys,
  times: ReadonlyMap<{ readonly tenantId: string; readonly name: string }, number>,
): Promise<void> {
  await Promise.all(
    [...times].map(([{ tenantId, name }, ms]) =>
      client.hset(keys.serviceTimes(bucketOf(tenantId)), name, ms.toFixed(1)),
    ),
  );
}

/** How long the jobs of a lane take, in ms; null when none has run. */
export async function readServiceTime(
  client: RedisClient,
  keys: FleetKeys,
  tenantId: string,
  lane: string,
): Promise<number | null> {
  const ms = await client.hget(keys.serviceTimes(bucketOf(tenantId)), lane);
  return ms === null ? null : Number(ms);
}
