import { forgetSeed, holdSeed, replaceSeed } from '@sluice/fleet/redis/commands/requestSeeds';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { RedisCall } from '../stores/redisCall.js';

/** What an `Idempotency-Key` belongs to. */
interface ScopedKey {
  /** The tenant. */
  readonly scope: string;
  readonly key: string;
}

/** A request, as its seed is kept. */
export interface SeedRequest extends ScopedKey {
  /** SHA-256 of method, path and body, as hex. */
  readonly requestHash: string;
  readonly seed: string;
}

/** Seeds of requests in Redis. Every call rejects with `unavailable` while Redis is away. */
export interface RequestSeeds {
  /** Keeps a seed unless there is one; what is kept now, or null when the key belongs to another request. */
  hold(request: SeedRequest): Promise<string | null>;
  replace(request: SeedRequest): Promise<void>;
  forget(request: ScopedKey): Promise<void>;
}

/** Keeps seeds in the tenant's bucket. */
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
