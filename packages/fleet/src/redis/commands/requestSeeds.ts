import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const hold = defineLua('holdSeed');
const reply = z.string().regex(/^\S+ \S+$/);

/** A request with an `Idempotency-Key`. */
export interface SeededRequest {
  readonly tenantId: string;
  readonly key: string;
  /** SHA-256 of method, path and body, as hex. */
  readonly requestHash: string;
  /** UUIDv7 that ids are derived from. */
  readonly seed: string;
}

/** Retention of seeds, the same as that of responses, in seconds. */
const KEPT_S = 24 * 3_600;

/**
 * Stores a request's seed in Redis unless one is stored, so that a repeated request yields the same ids.
 * @returns the stored seed; null when the key belongs to another request
 */
export async function holdSeed(client: RedisClient, keys: FleetKeys, request: SeededRequest): Promise<string | null> {
  const { requestHash, seed } = request;
  const kept = reply.parse(await hold.run(client, [keyOf(keys, request)], [requestHash, seed, KEPT_S]));
  const [hash, heldSeed] = kept.split(' ');
  return hash === requestHash ? (heldSeed ?? null) : null;
}

/** Replaces the seed with the one that the ledger recorded first. */
export async function replaceSeed(client: RedisClient, keys: FleetKeys, request: SeededRequest): Promise<void> {
  await client.set(keyOf(keys, request), `${request.requestHash} ${request.seed}`, 'EX', KEPT_S);
}

/** Deletes the seed of a rejected request, so that its key can be reused. */
export async function forgetSeed(
  client: RedisClient,
  keys: FleetKeys,
  request: Pick<SeededRequest, 'tenantId' | 'key'>,
): Promise<void> {
  await client.del(keyOf(keys, request));
}

/** Hashed so that a caller's text never becomes part of a Redis key. */
function keyOf(keys: FleetKeys, { tenantId, key }: Pick<SeededRequest, 'tenantId' | 'key'>): string {
  return keys.requestSeed(tenantId, createHash('sha256').update(`${tenantId} ${key}`).digest('hex'));
}
