import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import type { Ga4Properties } from './contract/ga4Property.js';

/** The properties that tenants' reports may read; null when the tenant does not exist. */
export interface PropertiesOf {
  (tenantId: string): Promise<Ga4Properties | null>;
  /** Invalidates a tenant's list, which may have just changed: the next call loads it again. */
  forget(tenantId: string): void;
}

/** How long a revoked property may still be read, in ms. */
const REMEMBERED_MS = 1_000;

/**
 * Looks up a tenant's properties, caching each list for a second.
 * @param anyProperty whether the fleet has a single tenant, which may read everything that its credential can
 */
export function createPropertiesOf(
  find: (tenantId: string) => Promise<Ga4Properties | null>,
  anyProperty: boolean,
  now: () => number,
): PropertiesOf {
  return createShortCache(anyProperty ? async () => 'any' as const : find, REMEMBERED_MS, now);
}
