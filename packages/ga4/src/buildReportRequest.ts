import type { Ga4ReportData } from './contract/ga4RunReport.js';
import type { Ga4Request } from './loadGa4Library.js';

/** The fixed report `page_views`: views and users, by day and page. */
const PAGE_VIEWS = {
  dimensions: ['date', 'pagePath'],
  metrics: ['screenPageViews', 'activeUsers'],
  orderBys: [
    { dimension: { dimensionName: 'date' } },
    { metric: { metricName: 'screenPageViews' }, desc: true },
    { dimension: { dimensionName: 'pagePath' } },
  ],
};

/** Builds a report's request in GA4's protocol. Pure. It always asks for the property's quotas. */
export function buildReportRequest(data: Ga4ReportData): Ga4Request {
  const asked = data.report === 'page_views' ? { ...data, ...PAGE_VIEWS } : data;
  const { dimensions = [], metrics = [], dimensionFilter, metricFilter, orderBys, keepEmptyRows, currencyCode } = asked;
  return {
    property: `properties/${data.propertyId}`,
    dateRanges: [{ startDate: data.startDate, endDate: data.endDate }],
    dimensions: dimensions.map((name) => ({ name })),
    metrics: metrics.map((name) => ({ name })),
    limit: data.limit,
    offset: data.offset,
    returnPropertyQuota: true,
    ...present({ dimensionFilter, metricFilter, orderBys, keepEmptyRows, currencyCode }),
  } as Ga4Request;
}

function present(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
