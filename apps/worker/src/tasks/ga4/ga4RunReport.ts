import type { Ga4ReportResult } from '@sluice/shared/contracts/ga4Report';
import type { TaskHandler } from '@sluice/shared/contracts/jobContext';
import type { Ga4ReportData } from '@sluice/shared/contracts/tasks/ga4RunReport';
import { ga4PropertyRefusal } from '@sluice/shared/domain/ga4PropertyRefusal';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { buildReportRequest } from './buildReportRequest.js';
import { fetchPageViews } from './fetchPageViews.js';
import type { Ga4Client } from './ga4Client.js';
import type { PropertiesOf } from './propertiesOf.js';
import { readReport } from './readReport.js';

/**
 * Runs reports; throws what {@link Ga4Client} throws, and `forbidden` for a property that the tenant was not given: jobs of
 * plain BullMQ clients come past the producer, and a list may have changed while a job waited. A report only reads, so that
 * running it twice is harmless.
 */
export function createGa4ReportHandler(ga4: Ga4Client, propertiesOf: PropertiesOf): TaskHandler<Ga4ReportData> {
  return async (data, { tenantId, signal }): Promise<Ga4ReportResult> => {
    await assertMayRead(tenantId, data.propertyId, propertiesOf);
    if (data.report === 'page_views') return fetchPageViews(ga4, data, signal);
    return readReport(data.propertyId, await ga4.runReport(buildReportRequest(data), signal));
  };
}

/** What is remembered may be older than the gift by which the producer let the report through: no report dies of that. */
async function assertMayRead(tenantId: string, propertyId: string, propertiesOf: PropertiesOf): Promise<void> {
  const refuse = async (): Promise<string | null> =>
    ga4PropertyRefusal(tenantId, propertyId, await propertiesOf(tenantId));
  if ((await refuse()) === null) return;
  propertiesOf.forget(tenantId);
  const refusal = await refuse();
  if (refusal !== null) throw new FleetError('forbidden', refusal);
}
