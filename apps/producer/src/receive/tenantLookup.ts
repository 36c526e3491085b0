import type { Ledger } from '@sluice/fleet/postgres/ledger';
import type { TenantRow } from '@sluice/fleet/postgres/queries/tenants';
import { findTenant } from '@sluice/fleet/postgres/queries/tenants';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { createStaleLookup } from '../stores/staleLookup.js';
import { TRUST_MS } from './apiKeys.js';

/** Finds a tenant that is not deleted; null when none exists. */
export type FindTenant = (id: string) => TenantRow | null | Promise<TenantRow | null>;

/**
 * Looks tenants up and caches each for less than a second.
 * @param staleMs how long a known tenant stays valid while the ledger does not respond
 */
export function createTenantLookup(ledger: Ledger, staleMs: number, now: () => number): FindTenant {
  const ask = createShortCache((id) => ledger((db) => findTenant(db, id)), TRUST_MS, now);
  return createStaleLookup(ask, { freshMs: TRUST_MS, staleMs }, now);
}
