import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BreakerState } from './breaker.js';
import { afterCall, afterSign, afterTry, CLOSED, decideCall, TRY_EVERY_MS } from './breaker.js';

describe('the breaker', () => {
  it('skips calls after one that was not answered, then lets one try pass per period', () => {
    const open = afterCall('silent', 5_000);
    expect(decideCall(open, 5_000)).toBe('skip');
    expect(decideCall(open, 5_999)).toBe('skip');
    expect(decideCall(open, 6_000)).toBe('try');
    const trying = afterTry(open, 6_000);
    expect(decideCall(trying, 6_001)).toBe('skip');
    expect(decideCall(trying, 7_000)).toBe('try');
    expect(decideCall(afterCall('done', 6_010), 6_010)).toBe('call');
  });

  it('closes at a sign of life after silence, and not after a refusal', () => {
    expect(afterSign(afterCall('silent', 0))).toEqual(CLOSED);
    expect(afterSign(afterCall('refused', 0))).toMatchObject({ kind: 'open', because: 'refused' });
    expect(afterSign(CLOSED)).toEqual(CLOSED);
  });

  it('never lets more than one try pass in a period while every call fails', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }), (gapsMs) => {
        let state: BreakerState = afterCall('silent', 0);
        let nowMs = 0;
        let lastTryMs = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          if (decideCall(state, nowMs) === 'skip') continue;
          expect(nowMs - lastTryMs).toBeGreaterThanOrEqual(TRY_EVERY_MS);
          lastTryMs = nowMs;
          state = afterTry(state, nowMs);
        }
      }),
    );
  });
});
