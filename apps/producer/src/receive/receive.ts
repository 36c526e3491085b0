import type { Ledger } from '@sluice/fleet/postgres/ledger';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { ApiServer } from '../http/apiServer.js';
import type { RedisCall } from '../stores/redisCall.js';
import { addAdmission } from './admission.js';
import { createKeyLookup } from './apiKeys.js';
import { createAuthenticate } from './authenticate.js';
import { addIdempotency } from './idempotency.js';
import { addJsonBody } from './jsonBody.js';
import { createRequestSeeds } from './requestSeeds.js';
import { createSeal } from './seal.js';
import { createTenantLookup } from './tenantLookup.js';
import type { TokenConfig } from './tokens.js';
import { createTokenLookup } from './tokens.js';
import { addValidation } from './validation.js';

/** Dependencies of receiving. */
export interface ReceiveDeps {
  readonly config: {
    readonly operatorKey: string;
    readonly jwt: TokenConfig;
    readonly accept: { readonly credentialsStaleMs: number };
  };
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly call: RedisCall;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly now: () => number;
}

/** Adds every check that a request passes before its route: credential, body, schema, `Idempotency-Key`. */
export function addReceive(server: ApiServer, deps: ReceiveDeps): void {
  const { config, ledger, log, now } = deps;
  const { credentialsStaleMs } = config.accept;
  const findTenant = createTenantLookup(ledger, credentialsStaleMs, now);
  const authenticate = createAuthenticate({
    operatorKey: config.operatorKey,
    findKeyHolder: createKeyLookup(ledger, credentialsStaleMs, now),
    findTokenHolder: createTokenLookup(config.jwt),
    findTenant,
  });
  addAdmission(server, authenticate, findTenant);
  addJsonBody(server);
  addValidation(server);
  addIdempotency(server, { ledger, seal: createSeal(config.operatorKey), seeds: createRequestSeeds(deps), log });
}
