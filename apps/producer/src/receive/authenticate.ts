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
 * Who is asking, by the header `Authorization`; at once where the credential is known.
 * @throws FleetError `unauthenticated`
 */
export type Authenticate = (authorization: string | undefined) => Principal | Promise<Principal>;

/** Tokens whose digest is remembered. */
const MOST_REMEMBERED = 1_000;

/** Longest token that is looked at. */
const MAX_TOKEN_LENGTH = 8_192;

/** Tells operator, API key and JWT apart by their form, and checks each in its way. */
export function createAuthenticate(credentials: Credentials): Authenticate {
  const operatorDigest = digestOf(credentials.operatorKey);
  const rememberedDigest = rememberLatest(MOST_REMEMBERED, (token) => {
    const digest = digestOf(token);
    return { digest, hash: digest.toString('hex') };
  });
  return (authorization) => {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined || token.length > MAX_TOKEN_LENGTH) throw refusal('Send Authorization: Bearer <token>.');
    // Digests have one length, so the comparison's time tells nothing of the key.
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

/** The same function, with its latest answers remembered. */
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
