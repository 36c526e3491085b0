import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuotaState } from './quotaWait.js';
import { callsLeft, quotaWaitMs, refillsInMs } from './quotaWait.js';

function used(...frees: (readonly [inMs: number, calls: number])[]): QuotaState {
  return {
    quota: { callsPerWindow: 5, windowMs: 60_000, callsAtATime: null },
    used: { blockedMs: 0, underWay: 0, frees: frees.map(([inMs, calls]) => ({ inMs, calls })) },
  };
}

/** When each further call is granted, in ms, by the rule used in Redis: a call counts for one window. */
function grantedInMs(calls: number, frees: readonly number[], windowMs: number): number[] {
  const counted = [...frees];
  return Array.from({ length: calls }, () => {
    const inMs = counted.shift() ?? 0;
    counted.push(inMs + windowMs);
    return inMs;
  });
}

describe('quotaWaitMs', () => {
  it('says of every place when its call is granted, however many windows ahead, where a quota is always used up', () => {
    const taken = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(taken, (frees) => {
        const sorted = frees.toSorted((a, b) => a - b);
        const state = used(...sorted.map((inMs): [number, number] => [inMs, 1]));
        const full = { ...state, quota: { ...state.quota, callsPerWindow: sorted.length } };
        const granted = grantedInMs(4 * sorted.length, sorted, 60_000);
        expect(granted.map((_, index) => quotaWaitMs(index + 1, full))).toEqual(granted);
      }),
    );
  });

  it('lets the first take what is left, and the others what comes free', () => {
    const state = used([10_000, 1], [20_000, 3]);
    expect(callsLeft(state)).toBe(1);
    expect([1, 2, 3, 5, 6, 7].map((place) => quotaWaitMs(place, state))).toEqual([
      0, 10_000, 20_000, 20_000, 60_000, 70_000,
    ]);
  });

  it('waits for as much to come free as a quota that was lowered is used beyond its bound', () => {
    const state = used([10_000, 3], [20_000, 3], [30_000, 3]);
    expect(callsLeft(state)).toBe(0);
    expect(refillsInMs(state)).toBe(20_000);
    expect(quotaWaitMs(3, state)).toBe(30_000);
  });
});
