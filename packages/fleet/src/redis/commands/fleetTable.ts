import { bucketOf } from '@sluice/shared/domain/lane';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';
import { BUCKETS } from '../keys.js';

const script = defineLua('readBucket');
const texts = z.array(z.string());
const reply = z.union([z.tuple([z.string(), texts, texts, texts]), z.tuple([z.string()])]);

/** Version of a bucket never written to, or edited by hand: it proves nothing. */
const NO_VERSION = '0';

/** One bucket's data about its tenants. */
export interface FleetBucket {
  readonly bucket: number;
  /** Changes whenever anything in the bucket changes. */
  readonly version: string;
  /** Names such as `acme.notifications`, sorted. */
  readonly lanes: readonly string[];
  /** Desired slots by tenant; a tenant without a decision of the scaler is missing. */
  readonly desired: ReadonlyMap<string, number>;
  /** Share of a process's scheduling turns by tenant; a tenant of weight 1 is missing. */
  readonly weights: ReadonlyMap<string, number>;
}

/** Reads buckets concurrently, one call each. */
export async function readBuckets(
  client: RedisClient,
  keys: FleetKeys,
  buckets: Iterable<number>,
): Promise<FleetBucket[]> {
  return Promise.all(Array.from(buckets, (bucket) => readBucket(client, keys, bucket)));
}

/**
 * Reads one bucket.
 * @param known the previous read; returned when the version has not changed, in which case Redis sends no contents
 */
export async function readBucket(
  client: RedisClient,
  keys: FleetKeys,
  bucket: number,
  known?: FleetBucket,
): Promise<FleetBucket> {
  const answer = await script.run(
    client,
    [keys.registry(bucket), keys.desiredSlots(bucket), keys.weights(bucket), keys.version(bucket)],
    [known === undefined || known.version === NO_VERSION ? '' : known.version],
  );
  const told = reply.parse(answer);
  if (told.length === 1) {
    if (known?.version === told[0]) return known;
    throw new Error('Redis told no more than a version that was not asked about');
  }
  const [version, lanes, desired, weights] = told;
  return { bucket, version, lanes: lanes.sort(), desired: numbersOf(desired), weights: numbersOf(weights) };
}

/** All lanes of the fleet and the desired slots of each tenant. */
export type FleetTable = Pick<FleetBucket, 'lanes' | 'desired'>;

/**
 * Reads the fleet table.
 * @param tenants reads only the complete buckets of these tenants; omit for the whole fleet
 */
export async function readFleetTable(
  client: RedisClient,
  keys: FleetKeys,
  tenants?: Iterable<string>,
): Promise<FleetTable> {
  const wanted = tenants === undefined ? BUCKETS : new Set(Array.from(tenants, bucketOf));
  const buckets = await readBuckets(client, keys, wanted);
  return {
    lanes: buckets.flatMap(({ lanes }) => lanes).sort(),
    desired: new Map(buckets.flatMap(({ desired }) => [...desired])),
  };
}

/** All tenant weights other than 1, by tenant. */
export async function readWeights(client: RedisClient, keys: FleetKeys): Promise<ReadonlyMap<string, number>> {
  const all = await Promise.all(BUCKETS.map((bucket) => client.hgetall(keys.weights(bucket))));
  return new Map(all.flatMap((weights) => Object.entries(weights).map(([tenant, weight]) => [tenant, Number(weight)])));
}

/** Desired slots of a tenant; null before the scaler's first decision. */
export async function readDesiredSlots(client: RedisClient, keys: FleetKeys, tenantId: string): Promise<number | null> {
  const slots = await client.hget(keys.desiredSlots(bucketOf(tenantId)), tenantId);
  return slots === null ? null : Number(slots);
}

function numbersOf(flat: readonly string[]): Map<string, number> {
  const numbers = new Map<string, number>();
  for (let i = 0; i + 1 < flat.length; i += 2) numbers.set(flat[i] ?? '', Number(flat[i + 1]));
  return numbers;
}
