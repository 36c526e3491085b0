import { createHash, timingSafeEqual } from 'node:crypto';
import type { Principal } from '@sluice/shared/contracts/identity';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { FindKeyHolder } from './apiKeys.js';
import type { FindTenant } from './tenantLookup.js';
import type { FindTokenHolder } from './tokens.js';

/** Who may ask, and how each kind of credential is checked. */
export interface Credentials {
  readonly operatorKey: string;
  readonly findKeyHolder: FindKeyHolder;
  readonly findTokenHolder: FindTokenHolder;
  readonly findTenant: FindTenant;
}

/**
 * Who is asking, by the header `Authorization`.
 * @throws FleetError `unauthenticated`
 */
export type Authenticate = (authorization: string | undefined) => Promise<Principal>;

/** Longest token that is looked at. */
const MAX_TOKEN_LENGTH = 8_192;

/** Tells operator, API key and JWT apart by their form, and checks each in its way. */
export function createAuthenticate(credentials: Credentials): Authenticate {
  const operatorDigest = digestOf(credentials.operatorKey);
  return async (authorization) => {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined || token.length > MAX_TOKEN_LENGTH) throw refusal('Send Authorization: Bearer <token>.');
    // Digests have one length, so the comparison's time tells nothing of the key.
    if (timingSafeEqual(digestOf(token), operatorDigest)) return { kind: 'operator' };
    const holder = await findHolder(token, credentials);
    if (holder === null) throw refusal('The credential is not valid.');
    return holder;
  };
}

async function findHolder(token: string, credentials: Credentials): Promise<Principal | null> {
  if (token.startsWith('slk_')) return credentials.findKeyHolder(token);
  if (token.split('.').length !== 3) return null;
  const holder = await credentials.findTokenHolder(token);
  if (holder === null || holder.kind === 'operator') return null;
  const tenant = await credentials.findTenant(holder.tenantId);
  return tenant === null ? null : { ...holder, priorityRules: tenant.priorityRules };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refusal(message: string): FleetError {
  return new FleetError('unauthenticated', message);
}
