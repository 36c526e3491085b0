import type { Ga4ReportResult } from '@sluice/shared/contracts/ga4Report';
import type { TaskHandler } from '@sluice/shared/contracts/jobContext';
import type { Ga4ReportData } from '@sluice/shared/contracts/tasks/ga4RunReport';
import { buildReportRequest } from './buildReportRequest.js';
import { fetchPageViews } from './fetchPageViews.js';
import type { Ga4Client } from './ga4Client.js';
import { readReport } from './readReport.js';

/** Runs reports; throws what {@link Ga4Client} throws. A report only reads, so that running it twice is harmless. */
export function createGa4ReportHandler(ga4: Ga4Client): TaskHandler<Ga4ReportData> {
  return async (data, { signal }): Promise<Ga4ReportResult> => {
    if (data.report === 'page_views') return fetchPageViews(ga4, data, signal);
    return readReport(data.propertyId, await ga4.runReport(buildReportRequest(data), signal));
  };
}
