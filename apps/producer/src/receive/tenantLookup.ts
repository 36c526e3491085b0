import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import type { TenantRow } from '@sluice/shared/postgres/queries/tenants';
import { findTenant } from '@sluice/shared/postgres/queries/tenants';
import type { Ledger } from '../stores/ledger.js';
import { TRUST_MS } from './apiKeys.js';

/** Finds a tenant that is not deleted; null when there is none. */
export type FindTenant = (id: string) => Promise<TenantRow | null>;

/** Looks tenants up, remembering each for less than a second. */
export function createTenantLookup(ledger: Ledger, now: () => number): FindTenant {
  return createShortCache((id) => ledger((db) => findTenant(db, id)), TRUST_MS, now);
}
