import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const hold = defineLua('holdSeed');
const reply = z.string().regex(/^\S+ \S+$/);

/** A request that is sent with an `Idempotency-Key`. */
export interface SeededRequest {
  readonly tenantId: string;
  readonly key: string;
  /** SHA-256 of method, path and body, as hex. */
  readonly requestHash: string;
  /** UUIDv7 that ids are made from. */
  readonly seed: string;
}

/** Seeds are kept as long as answers are, in seconds. */
const KEPT_S = 24 * 3_600;

/**
 * Keeps a request's seed in Redis, so that the same request again makes the same ids.
 * @returns the seed that is kept now; null when the key belongs to another request
 */
export async function holdSeed(client: RedisClient, keys: FleetKeys, request: SeededRequest): Promise<string | null> {
  const { requestHash, seed } = request;
  const kept = reply.parse(await hold.run(client, [keyOf(keys, request)], [requestHash, seed, KEPT_S]));
  const [hash, heldSeed] = kept.split(' ');
  return hash === requestHash ? (heldSeed ?? null) : null;
}

/** Keeps another seed: the one that the ledger knew first. */
export async function replaceSeed(client: RedisClient, keys: FleetKeys, request: SeededRequest): Promise<void> {
  await client.set(keyOf(keys, request), `${request.requestHash} ${request.seed}`, 'EX', KEPT_S);
}

/** Forgets the seed of a request that was refused, so that its key can be used again. */
export async function forgetSeed(
  client: RedisClient,
  keys: FleetKeys,
  request: Pick<SeededRequest, 'tenantId' | 'key'>,
): Promise<void> {
  await client.del(keyOf(keys, request));
}

/** A caller's text never becomes a part of a key in Redis. */
function keyOf(keys: FleetKeys, { tenantId, key }: Pick<SeededRequest, 'tenantId' | 'key'>): string {
  return keys.requestSeed(tenantId, createHash('sha256').update(`${tenantId} ${key}`).digest('hex'));
}
