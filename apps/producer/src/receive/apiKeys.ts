import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { findApiKeyByHash } from '@sluice/fleet/postgres/queries/tenants';
import type { Principal } from '@sluice/shared/contracts/identity';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { createStaleLookup } from '../stores/staleLookup.js';

/** How long a key stays cached, in ms: a revoked key must be rejected everywhere within a second. */
export const TRUST_MS = 900;

type KeyRow = Awaited<ReturnType<typeof findApiKeyByHash>>;

/** Finds the holder of an API key by the key's SHA-256 as hex; null when no valid key matches. */
export type FindKeyHolder = (hash: string) => Principal | null | Promise<Principal | null>;

/**
 * Looks keys up by their SHA-256: the ledger stores nothing else of them.
 * @param staleMs how long a known key stays valid while the ledger does not respond
 */
export function createKeyLookup(ledger: Ledger, staleMs: number, now: () => number): FindKeyHolder {
  const ask = createShortCache((hash) => ledger((db) => findApiKeyByHash(db, hash)), TRUST_MS, now);
  const find = createStaleLookup(ask, { freshMs: TRUST_MS, staleMs }, now);
  return (hash) => {
    const row = find(hash);
    return row instanceof Promise ? row.then(toPrincipal) : toPrincipal(row);
  };
}

function toPrincipal(row: KeyRow): Principal | null {
  if (row === null) return null;
  const { id: keyId, tenantId, role, userId, priorityRules } = row;
  return { kind: 'tenant', tenantId, role, userId, keyId, expiresAtMs: null, priorityRules };
}
