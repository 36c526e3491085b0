import { forgetSeed, holdSeed, replaceSeed } from '@sluice/fleet/redis/commands/requestSeeds';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { RedisCall } from '../stores/redisCall.js';

/** An `Idempotency-Key` within its scope. */
interface ScopedKey {
  /** The tenant's id. */
  readonly scope: string;
  readonly key: string;
}

/** A request and the seed to store for it. */
export interface SeedRequest extends ScopedKey {
  /** SHA-256 of method, path and body, as hex. */
  readonly requestHash: string;
  readonly seed: string;
}

/** Seeds of requests in Redis. Every call rejects with `unavailable` while Redis is down. */
export interface RequestSeeds {
  /** Stores a seed unless one exists. Returns the stored seed, or null when the key belongs to another request. */
  hold(request: SeedRequest): Promise<string | null>;
  replace(request: SeedRequest): Promise<void>;
  forget(request: ScopedKey): Promise<void>;
}

/** Stores seeds in the tenant's bucket. */
export function createRequestSeeds({
  client,
  keys,
  call,
}: {
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly call: RedisCall;
}): RequestSeeds {
  return {
    hold: ({ scope, ...request }) => call(() => holdSeed(client, keys, { ...request, tenantId: scope })),
    replace: ({ scope, ...request }) => call(() => replaceSeed(client, keys, { ...request, tenantId: scope })),
    forget: ({ scope, key }) => call(() => forgetSeed(client, keys, { tenantId: scope, key })),
  };
}
