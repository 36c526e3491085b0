import { z } from 'zod';
import { bucketOf } from '../../domain/lane.js';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';
import { announceBuckets } from './announce.js';

const weigh = defineLua('writeWeight');
const forget = defineLua('forgetTenant');
const reply = z.string();

/**
 * Writes a tenant's share of each process's turns.
 * @param weight 1..100; the ledger's number, which this is a copy of
 */
export async function writeWeight(
  client: RedisClient,
  keys: FleetKeys,
  tenantId: string,
  weight: number,
): Promise<void> {
  const bucket = bucketOf(tenantId);
  const version = reply.parse(
    await weigh.run(client, [keys.weights(bucket), keys.version(bucket)], [tenantId, weight]),
  );
  if (version !== '') await announceBuckets(client, keys, new Map([[bucket, version]]));
}

/** Takes lanes of a tenant, its slots and its weight out of the registry. */
export async function forgetTenantLanes(
  client: RedisClient,
  keys: FleetKeys,
  tenantId: string,
  laneNames: readonly string[],
): Promise<void> {
  const bucket = bucketOf(tenantId);
  const version = reply.parse(
    await forget.run(
      client,
      [
        keys.registry(bucket),
        keys.desiredSlots(bucket),
        keys.weights(bucket),
        keys.serviceTimes(bucket),
        keys.arrivals(bucket),
        keys.version(bucket),
      ],
      [tenantId, ...laneNames],
    ),
  );
  await announceBuckets(client, keys, new Map([[bucket, version]]));
}
