import type { Principal } from '@sluice/shared/contracts/identity';
import { tenantRoleSchema } from '@sluice/shared/contracts/identity';
import { tenantIdSchema } from '@sluice/shared/contracts/tenant';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { z } from 'zod';

/** What JWTs are checked against. */
export interface TokenConfig {
  readonly jwksUrl: string | undefined;
  readonly secret: string | undefined;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** Finds the principal of a JWT; null when the token is not valid. */
export type FindTokenHolder = (token: string) => Promise<Principal | null>;

/** Kept apart from the public-key algorithms: a shared secret is never used with one of those, or vice versa. */
const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'];
const KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

const claimsSchema = z.object({
  tenant: tenantIdSchema,
  role: tenantRoleSchema,
  sub: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\0\p{Surrogate}]*$/u)
    .optional(),
  exp: z.number(),
});

/** Checks JWTs: signature by an allowed algorithm, `exp`, and the claims `tenant`, `role` and `sub`. */
export function createTokenLookup(config: TokenConfig): FindTokenHolder {
  const secret = config.secret === undefined ? null : new TextEncoder().encode(config.secret);
  const keySet =
    config.jwksUrl === undefined ? null : createRemoteJWKSet(new URL(config.jwksUrl), { [customFetch]: fetchKeys });
  const bounds = {
    requiredClaims: ['exp'],
    ...(config.issuer === undefined ? {} : { issuer: config.issuer }),
    ...(config.audience === undefined ? {} : { audience: config.audience }),
  };
  return async (token) => {
    try {
      const shared = SECRET_ALGORITHMS.includes(decodeProtectedHeader(token).alg ?? '');
      if (shared && secret !== null) {
        return toPrincipal((await jwtVerify(token, secret, { ...bounds, algorithms: SECRET_ALGORITHMS })).payload);
      }
      if (!shared && keySet !== null) {
        return toPrincipal((await jwtVerify(token, keySet, { ...bounds, algorithms: KEY_ALGORITHMS })).payload);
      }
      return null;
    } catch (error) {
      if (saysInvalid(error)) return null;
      throw new ProblemError('unavailable', "The token issuer's keys could not be fetched.", {
        retryAfterSeconds: 5,
        cause: error,
      });
    }
  };
}

function toPrincipal(payload: unknown): Principal | null {
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) return null;
  const { tenant, role, sub, exp } = claims.data;
  const holder = { kind: 'tenant', tenantId: tenant, role, userId: sub ?? null } as const;
  return { ...holder, keyId: null, expiresAtMs: exp * 1_000, priorityRules: null };
}

/** Whether the token itself is invalid, as opposed to the issuer's keys being unreachable. */
function saysInvalid(error: unknown): boolean {
  if (error instanceof IssuerAway || error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) {
    return false;
  }
  // jose throws the root class when the issuer's response is not a key set.
  return !(error instanceof errors.JOSEError) || error.constructor !== errors.JOSEError;
}

/** The issuer could not be reached. */
class IssuerAway extends ProblemError {
  constructor(cause: unknown) {
    super('unavailable', 'The token issuer cannot be reached.', { retryAfterSeconds: 5, cause });
  }
}

async function fetchKeys(...request: Parameters<typeof fetch>): Promise<Response> {
  try {
    return await fetch(...request);
  } catch (error) {
    throw new IssuerAway(error);
  }
}
