import { FleetError } from '@sluice/shared/errors/fleetError';
import { ga4PropertyRefusal } from './ga4PropertyRefusal.js';
import type { PropertiesOf } from './propertiesOf.js';

/**
 * Refuses reports of a property that the tenant was not given. What is remembered may be older than the gift by which somebody
 * else let the report through, so that it is asked for anew before: no report dies of that.
 * @throws FleetError `forbidden`, with what to do
 */
export async function assertMayRead(tenantId: string, propertyId: string, propertiesOf: PropertiesOf): Promise<void> {
  const refuse = async (): Promise<string | null> =>
    ga4PropertyRefusal(tenantId, propertyId, await propertiesOf(tenantId));
  if ((await refuse()) === null) return;
  propertiesOf.forget(tenantId);
  const refusal = await refuse();
  if (refusal !== null) throw new FleetError('forbidden', refusal);
}
