import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ga4Complexity, ga4ReportDataSchema } from './ga4RunReport.js';

const NOW_MS = Date.UTC(2026, 10, 21, 12);

function points(more: object): number {
  const data = { propertyId: '1', report: 'run_report', metrics: ['sessions'], startDate: 'today', endDate: 'today' };
  return ga4Complexity(ga4ReportDataSchema.parse({ ...data, ...more }), NOW_MS);
}

it('counts dimensions, metrics, days and rows of a report', () => {
  expect(points({})).toBe(10 + 1 + 10);
  expect(points({ dimensions: ['date', 'city'], limit: 500 })).toBe(60 + 10 + 1 + 5);
  expect(points({ startDate: '2026-11-01', endDate: '2026-11-07' })).toBe(10 + 7 + 10);
  expect(points({ startDate: '7daysAgo' })).toBe(10 + 8 + 10);
  expect(points({ startDate: '2026-11-14' })).toBeGreaterThanOrEqual(10 + 8 + 10);
  expect(points({ report: 'page_views', metrics: undefined, startDate: '6daysAgo' })).toBe(97);
});

it('is finite and above 0 for every report that is taken', () => {
  fc.assert(
    fc.property(fc.nat(99_999), fc.nat(99_999), fc.integer({ min: 1, max: 25_000 }), (a, b, limit) => {
      const of = points({ startDate: `${Math.max(a, b)}daysAgo`, endDate: `${Math.min(a, b)}daysAgo`, limit });
      expect(Number.isFinite(of) && of > 0).toBe(true);
    }),
  );
});
