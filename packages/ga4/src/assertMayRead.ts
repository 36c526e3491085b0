import { FleetError } from '@sluice/shared/errors/fleetError';
import { ga4PropertyRefusal } from './ga4PropertyRefusal.js';
import type { PropertiesOf } from './propertiesOf.js';

/**
 * Rejects reports of a property that the tenant may not read. A cached list may be older than the grant under which
 * another process accepted the report, so it is reloaded before rejecting: otherwise such a report would die.
 * @throws FleetError `forbidden`, with the remedy
 */
export async function assertMayRead(tenantId: string, propertyId: string, propertiesOf: PropertiesOf): Promise<void> {
  const refuse = async (): Promise<string | null> =>
    ga4PropertyRefusal(tenantId, propertyId, await propertiesOf(tenantId));
  if ((await refuse()) === null) return;
  propertiesOf.forget(tenantId);
  const refusal = await refuse();
  if (refusal !== null) throw new FleetError('forbidden', refusal);
}
