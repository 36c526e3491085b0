import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callsLeft, QUOTA_PARTS, quotaPartMs, quotaWaitMs, refillsInMs } from './quotaWait.js';

/** When each further call is granted, in ms, by Redis's own rule: a part counts until all of it is older than a window. */
function grantedAt(calls: number, takenInParts: readonly number[], partMs: number): number[] {
  const counted = takenInParts.toSorted((a, b) => a - b);
  return Array.from({ length: calls }, () => {
    const freeAtMs = ((counted.shift() ?? 0) + 1 + QUOTA_PARTS) * partMs;
    counted.push(Math.floor(freeAtMs / partMs));
    return freeAtMs;
  });
}

describe('quotaWaitMs', () => {
  it('says of every place when its call is granted, however many windows ahead, where a quota is always used up', () => {
    const taken = fc.array(fc.integer({ min: 0, max: QUOTA_PARTS - 1 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(taken, fc.integer({ min: 1, max: 60_000 }), (parts, partMs) => {
        const nowMs = QUOTA_PARTS * partMs;
        const quota = { callsPerWindow: parts.length, windowMs: QUOTA_PARTS * partMs, callsAtATime: null };
        expect(quotaPartMs(quota)).toBe(partMs);
        const frees = parts
          .toSorted((a, b) => a - b)
          .map((part) => ({ inMs: (part + 1 + QUOTA_PARTS) * partMs - nowMs, calls: 1 }));
        const state = { quota, used: { blockedMs: 0, underWay: 0, frees } };
        const granted = grantedAt(4 * parts.length, parts, partMs);
        expect(granted.map((_, index) => quotaWaitMs(index + 1, state))).toEqual(granted.map((atMs) => atMs - nowMs));
      }),
    );
  });

  it('lets those go at once for whom the window has calls left, unless the upstream asked to wait', () => {
    const quota = { callsPerWindow: 5, windowMs: 60_000, callsAtATime: null };
    const used = { blockedMs: 0, underWay: 0, frees: [{ inMs: 30_000, calls: 3 }] };
    expect(callsLeft({ quota, used })).toBe(2);
    expect([1, 2, 3, 5, 6].map((place) => quotaWaitMs(place, { quota, used }))).toEqual([0, 0, 30_000, 30_000, 61_000]);
    expect(refillsInMs({ quota, used: { ...used, blockedMs: 700 } })).toBe(700);
    expect(quotaWaitMs(9, { quota: { ...quota, callsPerWindow: null }, used })).toBe(0);
  });
});
