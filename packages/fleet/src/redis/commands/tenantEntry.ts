import { bucketOf } from '@sluice/shared/domain/lane';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';
import { announceBuckets } from './announce.js';
import { groupByBucket } from './groupByBucket.js';

const weigh = defineLua('writeWeights');
const forget = defineLua('forgetTenant');
const reply = z.string();

/**
 * Writes tenants' shares of each process's scheduling turns, one call per bucket, and announces changes to the workers.
 * @param weights 1..100 by tenant, copied from the ledger
 */
export async function writeWeights(
  client: RedisClient,
  keys: FleetKeys,
  weights: ReadonlyMap<string, number>,
): Promise<void> {
  const versions = await Promise.all(
    [...groupByBucket(weights, ([tenant]) => tenant)].map(async ([bucket, pairs]): Promise<[number, string]> => {
      const answer = await weigh.run(client, [keys.weights(bucket), keys.version(bucket)], pairs.flat());
      return [bucket, reply.parse(answer)];
    }),
  );
  await announceBuckets(client, keys, new Map(versions.filter(([, version]) => version !== '')));
}

/** Removes a tenant's lanes, slots and weight from the registry. */
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
        keys.slots(bucket),
      ],
      [tenantId, ...laneNames],
    ),
  );
  await announceBuckets(client, keys, new Map([[bucket, version]]));
}
