import { FleetError } from '@sluice/shared/errors/fleetError';

/** Finds a tenant's signing secret, `whsec_...`. */
export type SigningSecretOf = (tenantId: string) => Promise<string>;

/** How long a secret is cached, in ms; a changed one takes effect by then. */
const KEEP_MS = 30_000;

/** Maximum number of tenants whose secrets are cached. */
const KEEP_TENANTS = 10_000;

/**
 * Looks secrets up and caches each for 30 s. Concurrent callers share one look-up; a failed one is not cached.
 * @param find returns a tenant's secret, null when there is no such tenant
 * @returns a look-up that throws FleetError `not_found` for an unknown tenant
 */
export function createSigningSecrets(
  find: (tenantId: string) => Promise<string | null>,
  now: () => number,
): SigningSecretOf {
  const known = new Map<string, { readonly untilMs: number; readonly secret: Promise<string> }>();
  return (tenantId) => {
    const kept = known.get(tenantId);
    if (kept !== undefined && now() < kept.untilMs) return kept.secret;
    const secret = findOrThrow(find, tenantId);
    known.delete(tenantId);
    known.set(tenantId, { untilMs: now() + KEEP_MS, secret });
    dropOldest(known);
    secret.catch(() => {
      if (known.get(tenantId)?.secret === secret) known.delete(tenantId);
    });
    return secret;
  };
}

async function findOrThrow(find: (tenantId: string) => Promise<string | null>, tenantId: string): Promise<string> {
  const secret = await find(tenantId);
  if (secret === null) throw new FleetError('not_found', 'The tenant has no signing secret: it does not exist');
  return secret;
}

function dropOldest(known: Map<string, unknown>): void {
  for (const tenantId of known.keys()) {
    if (known.size <= KEEP_TENANTS) return;
    known.delete(tenantId);
  }
}
