import { createHash, timingSafeEqual } from 'node:crypto';
import type { Principal } from '@sluice/shared/contracts/identity';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { FindKeyHolder } from './apiKeys.js';
import type { FindTenant } from './tenantLookup.js';
import type { FindTokenHolder } from './tokens.js';

/** The accepted credentials, and how each kind is checked. */
export interface Credentials {
  readonly operatorKey: string;
  readonly findKeyHolder: FindKeyHolder;
  readonly findTokenHolder: FindTokenHolder;
  readonly findTenant: FindTenant;
}

/**
 * Identifies the caller by the header `Authorization`; synchronously when the credential is cached.
 * @throws FleetError `unauthenticated`
 */
export type Authenticate = (authorization: string | undefined) => Principal | Promise<Principal>;

/** Maximum number of cached token digests. */
const MOST_REMEMBERED = 1_000;

/** Maximum token length; a longer one is rejected without being checked. */
const MAX_TOKEN_LENGTH = 8_192;

/** Distinguishes operator key, API key and JWT by their form, and checks each accordingly. */
export function createAuthenticate(credentials: Credentials): Authenticate {
  const operatorDigest = digestOf(credentials.operatorKey);
  const rememberedDigest = rememberLatest(MOST_REMEMBERED, (token) => {
    const digest = digestOf(token);
    return { digest, hash: digest.toString('hex') };
  });
  return (authorization) => {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined || token.length > MAX_TOKEN_LENGTH) throw refusal('Send Authorization: Bearer <token>.');
    // All digests have the same length, so the time of the comparison reveals nothing about the key.
    const { digest, hash } = rememberedDigest(token);
    if (timingSafeEqual(digest, operatorDigest)) return { kind: 'operator' };
    const holder = token.startsWith('slk_') ? credentials.findKeyHolder(hash) : findTokenHolder(token, credentials);
    return holder instanceof Promise ? holder.then(assertFound) : assertFound(holder);
  };
}

function assertFound(holder: Principal | null): Principal {
  if (holder === null) throw refusal('The credential is not valid.');
  return holder;
}

async function findTokenHolder(token: string, credentials: Credentials): Promise<Principal | null> {
  if (token.split('.').length !== 3) return null;
  const holder = await credentials.findTokenHolder(token);
  if (holder === null || holder.kind === 'operator') return null;
  const tenant = await credentials.findTenant(holder.tenantId);
  return tenant === null ? null : { ...holder, priorityRules: tenant.priorityRules };
}

/** Memoises a function for its most recent arguments. */
function rememberLatest<Answer>(most: number, make: (text: string) => Answer): (text: string) => Answer {
  const made = new Map<string, Answer>();
  return (text) => {
    const known = made.get(text);
    if (known !== undefined) return known;
    if (made.size >= most) made.clear();
    const answer = make(text);
    made.set(text, answer);
    return answer;
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refusal(message: string): FleetError {
  return new FleetError('unauthenticated', message);
}
