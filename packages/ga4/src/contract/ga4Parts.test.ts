import { partOf, pauseMsAfter } from '@sluice/tasks/internal';
import { describe, expect, it } from 'vitest';
import { ga4Parts } from './ga4Parts.js';

const HOUR_MS = 3_600_000;
/** Ten minutes past the hour. */
const NOW_MS = 472_222 * HOUR_MS + 600_000;
const quota = { callsPerWindow: 50, windowMs: HOUR_MS, callsAtATime: 10 };
const GA4 = { name: 'ga4', quota, parts: ga4Parts };
const OTHER = { name: 'other', quota };

describe('partOf', () => {
  it('is the property of a report of GA4, without a quota of its own', () => {
    expect(partOf(GA4, { propertyId: '42', report: 'page_views' })).toMatchObject({
      name: 'ga4:42',
      quota: { callsPerWindow: null, callsAtATime: null },
    });
  });

  it('is none where the data names none that can be, or the upstream has none', () => {
    for (const data of [null, 3, {}, { propertyId: '4:2' }, { propertyId: 42 }]) expect(partOf(GA4, data)).toBeNull();
    expect(partOf(OTHER, { propertyId: '42' })).toBeNull();
  });
});

describe('pauseMsAfter', () => {
  const after = (propertyQuota: unknown): number => pauseMsAfter(GA4, { propertyQuota }, NOW_MS);

  it('lasts until the quota returns of which the answer left nothing', () => {
    expect(after({ tokensPerHour: { consumed: 10, remaining: 0 } })).toBe(3_000_000);
    expect(after({ tokensPerDay: { consumed: 10, remaining: 0 } })).toBe(HOUR_MS);
  });

  it('is none while something is left, after what tells nothing, and for requests that run at once', () => {
    expect(after({ tokensPerHour: { consumed: 10, remaining: 1 } })).toBe(0);
    expect(after({ concurrentRequests: { consumed: 0, remaining: 0 } })).toBe(0);
    for (const result of [null, 'x', {}]) expect(pauseMsAfter(GA4, result, NOW_MS)).toBe(0);
    expect(pauseMsAfter(OTHER, { propertyQuota: { tokensPerDay: { remaining: 0 } } }, NOW_MS)).toBe(0);
  });
});
