import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ga4PropertyQuota } from './contract/ga4PropertyQuota.js';
import { mayCall, readPropertyQuota } from './ga4Quota.js';

const HOUR_MS = 3_600_000;
const AT_MS = 1_700_000_000_000 - (1_700_000_000_000 % HOUR_MS) + 600_000;

function quotaOf(remaining: Partial<Record<keyof Ga4PropertyQuota, number>>): Ga4PropertyQuota {
  const statuses = Object.entries(remaining).map(([name, left]) => [name, { consumed: 3, remaining: left }]);
  const quota = readPropertyQuota(Object.fromEntries(statuses));
  if (quota === null) throw new Error('not a quota');
  return quota;
}

describe('readPropertyQuota', () => {
  it('reads what GA4 tells, and takes what it leaves out for unknown', () => {
    expect(readPropertyQuota({ tokensPerHour: { consumed: 4, remaining: 39_996, _consumed: 'consumed' } })).toEqual({
      tokensPerDay: null,
      tokensPerHour: { consumed: 4, remaining: 39_996 },
      tokensPerProjectPerHour: null,
      concurrentRequests: null,
      serverErrorsPerProjectPerHour: null,
      potentiallyThresholdedRequestsPerHour: null,
    });
  });

  it('is null for what is no quota', () => {
    for (const value of [null, undefined, 'full', 3, { tokensPerDay: { remaining: 'many' } }]) {
      expect(readPropertyQuota(value)).toBeNull();
    }
  });
});

describe('mayCall', () => {
  const verdict = (remaining: Parameters<typeof quotaOf>[0], nowMs = AT_MS) =>
    mayCall({ quota: quotaOf(remaining), atMs: AT_MS }, nowMs);

  it('lets call while something is left or nothing is known', () => {
    expect(mayCall(null, AT_MS)).toEqual({ kind: 'call' });
    expect(verdict({})).toEqual({ kind: 'call' });
    expect(verdict({ tokensPerHour: 1, tokensPerDay: 1, concurrentRequests: 1 })).toEqual({ kind: 'call' });
  });

  it('waits for the next hour, an hour at a time for the day, and briefly for other requests to end', () => {
    expect(verdict({ tokensPerHour: 0 })).toEqual({ kind: 'wait', quota: 'tokensPerHour', waitMs: 3_000_000 });
    expect(verdict({ tokensPerDay: 0, tokensPerHour: 0 })).toMatchObject({ quota: 'tokensPerDay', waitMs: HOUR_MS });
    expect(verdict({ concurrentRequests: 0 })).toMatchObject({ quota: 'concurrentRequests', waitMs: 2_000 });
  });

  it('forgets what it saw when its time is over', () => {
    expect(verdict({ tokensPerHour: 0 }, AT_MS + 3_000_000)).toEqual({ kind: 'call' });
    expect(verdict({ tokensPerDay: 0 }, AT_MS + HOUR_MS)).toEqual({ kind: 'call' });
    expect(verdict({ concurrentRequests: 0 }, AT_MS + 2_000)).toEqual({ kind: 'call' });
  });

  it('never asks to wait longer than an hour, nor for nothing', () => {
    const left = fc.integer({ min: -1, max: 1 });
    const at = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(left, left, left, at, fc.nat({ max: 2 * HOUR_MS }), (day, hour, concurrent, atMs, laterMs) => {
        const quota = quotaOf({ tokensPerDay: day, tokensPerHour: hour, concurrentRequests: concurrent });
        const found = mayCall({ quota, atMs }, atMs + laterMs);
        if (found.kind === 'wait') expect(found.waitMs).toSatisfy((ms: number) => ms > 0 && ms <= HOUR_MS);
        if (Math.min(day, hour, concurrent) > 0 || laterMs >= HOUR_MS) expect(found.kind).toBe('call');
      }),
    );
  });
});
