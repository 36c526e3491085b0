import { buildReportRequest } from './buildReportRequest.js';
import type { Ga4ReportResult } from './contract/ga4Report.js';
import type { Ga4ReportData } from './contract/ga4RunReport.js';
import { DEFAULT_GA4_ROWS } from './contract/ga4RunReport.js';
import type { Ga4Client } from './ga4Client.js';
import { readReport } from './readReport.js';

/** The property, its days, and the rows of the report. */
export type PageViewsQuery = Pick<Ga4ReportData, 'propertyId' | 'startDate' | 'endDate'> &
  Partial<Pick<Ga4ReportData, 'limit' | 'offset'>>;

/** Views and users of a property's pages, by day. Throws what {@link Ga4Client} throws. */
export async function fetchPageViews(
  ga4: Ga4Client,
  { propertyId, startDate, endDate, limit = DEFAULT_GA4_ROWS, offset = 0 }: PageViewsQuery,
  signal: AbortSignal,
): Promise<Ga4ReportResult> {
  const request = buildReportRequest({ propertyId, report: 'page_views', startDate, endDate, limit, offset });
  return readReport(propertyId, await ga4.runReport(request, signal));
}
