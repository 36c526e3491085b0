import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import type { Ga4Properties } from './contract/ga4Property.js';

/** The properties that tenants' reports may read; null when there is no such tenant. */
export interface PropertiesOf {
  (tenantId: string): Promise<Ga4Properties | null>;
  /** A tenant's may have changed just now: the next call asks anew. */
  forget(tenantId: string): void;
}

/** A property that was taken from a tenant is not read any more after so long, in ms. */
const REMEMBERED_MS = 1_000;

/**
 * Looks them up, remembering each for a second.
 * @param anyProperty whether the fleet is of one tenant, who may read all that its credential can
 */
export function createPropertiesOf(
  find: (tenantId: string) => Promise<Ga4Properties | null>,
  anyProperty: boolean,
  now: () => number,
): PropertiesOf {
  return createShortCache(anyProperty ? async () => 'any' as const : find, REMEMBERED_MS, now);
}
