import { describe, expect, it } from 'vitest';
import { ga4ReportBodySchema } from '../ga4Report.js';
import { ga4ReportDataSchema } from './ga4RunReport.js';

const VIEWS = { propertyId: '123456789', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };
const RUN = { ...VIEWS, report: 'run_report', dimensions: ['date', 'customEvent:plan'], metrics: ['activeUsers'] };

function problemsOf(data: unknown): string[] {
  const parsed = ga4ReportDataSchema.safeParse(data);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `/${path.join('/')} ${message}`);
}

describe('the data of ga4.run_report', () => {
  it('fills in the page, and keeps the rest as it is', () => {
    expect(ga4ReportDataSchema.parse(VIEWS)).toEqual({ ...VIEWS, limit: 1_000, offset: 0 });
    const filtered = {
      ...RUN,
      limit: 5,
      offset: 10,
      orderBys: [{ metric: { metricName: 'activeUsers' }, desc: true }],
      dimensionFilter: {
        andGroup: {
          expressions: [
            { filter: { fieldName: 'pagePath', stringFilter: { matchType: 'BEGINS_WITH', value: '/blog' } } },
            { notExpression: { filter: { fieldName: 'country', inListFilter: { values: ['Japan'] } } } },
          ],
        },
      },
      metricFilter: {
        filter: { fieldName: 'activeUsers', numericFilter: { operation: 'GREATER_THAN', value: { int64Value: '5' } } },
      },
    };
    expect(ga4ReportDataSchema.parse(filtered)).toEqual(filtered);
    expect(ga4ReportDataSchema.parse(ga4ReportDataSchema.parse(filtered))).toEqual(filtered);
  });

  it('says at which property something is wrong, and what would be right', () => {
    expect(problemsOf({ ...VIEWS, propertyId: 'properties/12' })).toEqual([
      '/propertyId must be the number of a GA4 property, as a string of digits',
    ]);
    expect(problemsOf({ ...VIEWS, startDate: '2025-02-30' })).toEqual([
      '/startDate must be YYYY-MM-DD, today, yesterday or NdaysAgo',
    ]);
    expect(problemsOf({ ...VIEWS, startDate: 'today', endDate: '7daysAgo' })).toEqual([
      '/endDate must not be before startDate',
    ]);
    expect(problemsOf({ ...VIEWS, dimensions: ['date'] })).toEqual([
      '/dimensions is for the report run_report; page_views has its own',
    ]);
    expect(problemsOf({ ...VIEWS, report: 'run_report' })).toEqual(['/metrics Is required for the report run_report']);
    expect(problemsOf({ ...RUN, metrics: ['date'] })).toEqual([
      '/metrics names date twice, among dimensions and metrics',
    ]);
  });

  it('refuses what GA4 would refuse, and what no result could hold', () => {
    const bad = [
      { ...RUN, dimensions: Array.from({ length: 10 }, (_, index) => `dimension${index}`) },
      { ...RUN, metrics: [] },
      { ...RUN, metrics: Array.from({ length: 11 }, (_, index) => `metric${index}`) },
      { ...RUN, metrics: ['drop table'] },
      { ...RUN, limit: 0 },
      { ...RUN, limit: 25_001 },
      { ...RUN, offset: -1 },
      { ...RUN, currencyCode: 'euro' },
      { ...RUN, dimensionFilter: {} },
      { ...RUN, dimensionFilter: { filter: { fieldName: 'date' } } },
      { ...RUN, dimensionFilter: { filter: { fieldName: 'date', emptyFilter: {} }, notExpression: {} } },
      { ...RUN, orderBys: [{ desc: true }] },
      { ...RUN, property: '1' },
    ];
    for (const data of bad) expect(problemsOf(data), JSON.stringify(data)).not.toEqual([]);
  });
});

describe('the body of POST /api/v1/ga4/reports', () => {
  it('is held to the same rules', () => {
    expect(ga4ReportBodySchema.parse(VIEWS)).toMatchObject({ priority: 50, durability: 'ledger', limit: 1_000 });
    expect(ga4ReportBodySchema.safeParse({ ...VIEWS, endDate: '8daysAgo' }).success).toBe(false);
    expect(ga4ReportBodySchema.safeParse({ ...VIEWS, attempts: 1 }).success).toBe(false);
  });
});
