import { assertMayRead } from './assertMayRead.js';
import type { Ga4ReportResult } from './contract/ga4Report.js';
import type { Ga4ReportData } from './contract/ga4RunReport.js';
import type { Ga4Client } from './ga4Client.js';
import type { PropertiesOf } from './propertiesOf.js';
import { runGa4Report } from './runGa4Report.js';

/**
 * The direct call of `ga4.run_report` for `createQueuedClient` in a service of your own: as the worker makes it,
 * limited to the properties that the operator granted the tenant.
 * @returns a call that throws what {@link Ga4Client} throws, and FleetError `forbidden` for a property that the tenant
 *   may not read
 */
export function createGa4Call(
  ga4: Ga4Client,
  tenantId: string,
  propertiesOf: PropertiesOf,
): (data: Ga4ReportData, context: { readonly signal: AbortSignal }) => Promise<Ga4ReportResult> {
  return async (data, { signal }) => {
    await assertMayRead(tenantId, data.propertyId, propertiesOf);
    return runGa4Report(ga4, data, signal);
  };
}
