import { bucketOf } from '@sluice/shared/domain/lane';
import type { RedisClient } from '../client.js';
import type { FleetKeys } from '../keys.js';

/** Writes the service times of lanes, in ms. If Redis loses them, they are soon measured again. */
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

/** Reads a lane's service time, in ms; null when no job has run. */
export async function readServiceTime(
  client: RedisClient,
  keys: FleetKeys,
  tenantId: string,
  lane: string,
): Promise<number | null> {
  const ms = await client.hget(keys.serviceTimes(bucketOf(tenantId)), lane);
  return ms === null ? null : Number(ms);
}
