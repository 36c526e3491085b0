import type { Redis } from 'ioredis';
import { bucketOf } from '../../domain/lane.js';
import type { FleetKeys } from '../keys.js';
import { BUCKETS } from '../keys.js';

/** All lanes of the fleet, and how many slots each tenant shall have. */
export interface FleetTable {
  /** Names such as `acme.notifications`, sorted. */
  readonly lanes: readonly string[];
  /** Slots by tenant; a tenant that the scaler has not decided on yet is missing. */
  readonly desired: ReadonlyMap<string, number>;
}

/**
 * Reads the table, two commands per bucket, all at once.
 * @param tenants reads only the buckets of these, with all that they hold; leave out for the whole fleet
 */
export async function readFleetTable(client: Redis, keys: FleetKeys, tenants?: Iterable<string>): Promise<FleetTable> {
  const buckets = tenants === undefined ? BUCKETS : [...new Set(Array.from(tenants, bucketOf))];
  const [lanes, desired] = await Promise.all([
    Promise.all(buckets.map((bucket) => client.smembers(keys.lanes(bucket)))),
    Promise.all(buckets.map((bucket) => client.hgetall(keys.desiredSlots(bucket)))),
  ]);
  return {
    lanes: lanes.flat().sort(),
    desired: new Map(
      desired.flatMap((bucket) =>
        Object.entries(bucket).map(([tenant, slots]): [string, number] => [tenant, Number(slots)]),
      ),
    ),
  };
}

/** Writes how many slots tenants shall have, and tells the workers to look. */
export async function writeDesiredSlots(
  client: Redis,
  keys: FleetKeys,
  desired: ReadonlyMap<string, number>,
): Promise<void> {
  if (desired.size === 0) return;
  await Promise.all(
    [...desired].map(([tenant, slots]) => client.hset(keys.desiredSlots(bucketOf(tenant)), tenant, slots)),
  );
  await announceChange(client, keys);
}

/** Slots of one tenant, or null when the scaler has not decided yet. */
export async function readDesiredSlots(client: Redis, keys: FleetKeys, tenantId: string): Promise<number | null> {
  const slots = await client.hget(keys.desiredSlots(bucketOf(tenantId)), tenantId);
  return slots === null ? null : Number(slots);
}

/** Adds lanes to the registry; announces the change when one was new. Returns whether one was. */
export async function registerLanes(
  client: Redis,
  keys: FleetKeys,
  lanes: readonly { readonly tenantId: string; readonly name: string }[],
): Promise<boolean> {
  const added = await Promise.all(lanes.map(({ tenantId, name }) => client.sadd(keys.lanes(bucketOf(tenantId)), name)));
  const anyNew = added.some((count) => count > 0);
  if (anyNew) await announceChange(client, keys);
  return anyNew;
}

/** Takes every lane of a tenant, and its slots, out of the registry. */
export async function forgetTenantLanes(
  client: Redis,
  keys: FleetKeys,
  tenantId: string,
  laneNames: readonly string[],
): Promise<void> {
  const bucket = bucketOf(tenantId);
  await Promise.all([
    client.hdel(keys.desiredSlots(bucket), tenantId),
    ...(laneNames.length > 0
      ? [client.srem(keys.lanes(bucket), ...laneNames), client.hdel(keys.serviceTimes(bucket), ...laneNames)]
      : []),
  ]);
  await announceChange(client, keys);
}

/** Makes every process look at lanes and slots: at once if it listens, at its next heartbeat if it does not. */
async function announceChange(client: Redis, keys: FleetKeys): Promise<void> {
  await Promise.all([client.incr(keys.version), client.publish(keys.changedChannel, '')]);
}
