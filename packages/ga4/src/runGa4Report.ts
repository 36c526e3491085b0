import { buildReportRequest } from './buildReportRequest.js';
import type { Ga4ReportResult } from './contract/ga4Report.js';
import type { Ga4ReportData } from './contract/ga4RunReport.js';
import { fetchPageViews } from './fetchPageViews.js';
import type { Ga4Client } from './ga4Client.js';
import { readReport } from './readReport.js';

/**
 * Runs any report of the task `ga4.run_report`: the core of its handler in a worker, and the direct call of
 * `createQueuedClient` in a service of your own. Throws what {@link Ga4Client} throws, and `payload_too_large` for a
 * result that exceeds a job's limit.
 */
export async function runGa4Report(ga4: Ga4Client, data: Ga4ReportData, signal: AbortSignal): Promise<Ga4ReportResult> {
  if (data.report === 'page_views') return fetchPageViews(ga4, data, signal);
  return readReport(data.propertyId, await ga4.runReport(buildReportRequest(data), signal));
}
