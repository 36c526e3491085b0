import type { Ga4Properties } from './contract/ga4Property.js';

/**
 * Why a tenant's report may not read a property, with the remedy; null when it may. Pure. The fleet's credential can
 * read the properties of all tenants, so only this check isolates them from each other.
 * @param properties null when the tenant does not exist
 */
export function ga4PropertyRefusal(
  tenantId: string,
  propertyId: string,
  properties: Ga4Properties | null,
): string | null {
  if (properties === 'any' || properties?.includes(propertyId) === true) return null;
  const give = `PATCH /api/v1/admin/tenants/${tenantId} {"ga4Properties": ["${propertyId}"]}`;
  const alone = 'a fleet of one tenant may set GA4_ANY_PROPERTY=true';
  return `The tenant was not given the GA4 property ${propertyId}. Its operator gives it all of its properties by ${give}; ${alone}.`;
}
