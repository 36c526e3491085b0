import type { Principal } from '@sluice/shared/contracts/identity';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { findApiKeyByHash } from '@sluice/shared/postgres/queries/tenants';
import { hashApiKey } from '../http/apiKey.js';
import type { Ledger } from '../stores/ledger.js';

/** How long a found key is trusted, in ms: a revoked one must be dead everywhere within a second. */
export const TRUST_MS = 900;

/** Finds who holds an API key; null when no valid key is this one. */
export type FindKeyHolder = (key: string) => Promise<Principal | null>;

/** Looks keys up by their SHA-256: the ledger holds nothing else of them. */
export function createKeyLookup(ledger: Ledger, now: () => number): FindKeyHolder {
  const find = createShortCache((hash) => ledger((db) => findApiKeyByHash(db, hash)), TRUST_MS, now);
  return async (key) => {
    const row = await find(hashApiKey(key));
    if (row === null) return null;
    return { kind: 'tenant', tenantId: row.tenantId, role: row.role, userId: row.userId, keyId: row.id };
  };
}
