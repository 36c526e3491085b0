import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeSkew, offsetOf } from './clockSkew.js';

const ms = (max: number) => fc.integer({ min: 0, max });

describe('offsetOf', () => {
  it('holds the true offset within its uncertainty, however the way there and back share the round trip', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), ms(10_000), ms(10_000), (offset, there, back) => {
        const askedLocal = 1_800_000_000_000;
        const seen = offsetOf({
          askedMs: 5,
          answeredMs: 5 + there + back,
          localMs: askedLocal + there + back,
          serverMs: askedLocal + there + offset,
        });
        expect(Math.abs(seen.offsetMs - offset)).toBeLessThanOrEqual(seen.uncertaintyMs);
      }),
    );
  });
});

describe('judgeSkew', () => {
  it('says a clock is off, or within, only when that is sure', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e5, max: 1e5 }), ms(10_000), ms(5_000), (offsetMs, uncertaintyMs, boundMs) => {
        const verdict = judgeSkew({ offsetMs, uncertaintyMs }, boundMs);
        const least = Math.max(0, Math.abs(offsetMs) - uncertaintyMs);
        const most = Math.abs(offsetMs) + uncertaintyMs;
        if (verdict === 'off') expect(least).toBeGreaterThan(boundMs);
        if (verdict === 'within') expect(most).toBeLessThanOrEqual(boundMs);
        if (verdict === 'unknown') expect(least <= boundMs && most > boundMs).toBe(true);
      }),
    );
  });

  it.each([
    [3_600_000, 'off'],
    [-3_600_000, 'off'],
    [1_000, 'within'],
    [-1_000, 'within'],
    [1_999.9, 'unknown'],
  ])('takes %d ms against a bound of two seconds for %s', (offsetMs, verdict) => {
    expect(judgeSkew({ offsetMs, uncertaintyMs: 1 }, 2_000)).toBe(verdict);
  });
});
