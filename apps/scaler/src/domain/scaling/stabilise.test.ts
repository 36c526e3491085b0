import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecommendationWindow } from './stabilise.js';
import { stabilise } from './stabilise.js';

const windowMs = 60_000;

/** Applies recommendations, each this many ms after the previous one, and returns the slots after each. */
function follow(start: number | null, steps: readonly { afterMs: number; recommended: number }[]) {
  let window: RecommendationWindow | null = null;
  let current = start;
  let nowMs = 0;
  return steps.map(({ afterMs, recommended }) => {
    nowMs += afterMs;
    const before = current;
    const next = stabilise(window, recommended, current, { nowMs, windowMs });
    window = next.window;
    current = next.slots;
    return { nowMs, recommended, before, slots: next.slots, window: next.window };
  });
}

const steps = fc.array(
  fc.record({ afterMs: fc.integer({ min: 1, max: 30_000 }), recommended: fc.integer({ min: 1, max: 5 }) }),
  {
    maxLength: 60,
  },
);
const starts = fc.option(fc.integer({ min: 1, max: 5 }));

describe('stabilise', () => {
  it('grows at once and shrinks when the high recommendation has left the window', () => {
    const seen = follow(1, [
      { afterMs: 0, recommended: 5 },
      { afterMs: 59_999, recommended: 2 },
      { afterMs: 1, recommended: 1 },
      { afterMs: 59_998, recommended: 1 },
      { afterMs: 1, recommended: 1 },
    ]);
    expect(seen.map(({ slots }) => slots)).toEqual([5, 5, 2, 2, 1]);
  });

  it('shrinks at once without a window', () => {
    expect(stabilise(null, 1, 5, { nowMs: 0, windowMs: 0 }).slots).toBe(1);
  });

  it('takes the slots that there are for just recommended when it knows nothing: a new leader shrinks nobody', () => {
    expect(stabilise(null, 1, 4, { nowMs: 0, windowMs }).slots).toBe(4);
    expect(stabilise(null, 2, null, { nowMs: 0, windowMs }).slots).toBe(2);
  });

  it('never shrinks below the highest recommendation of the window, and never grows above the newest', () => {
    fc.assert(
      fc.property(starts, steps, (start, all) => {
        const seen = follow(start, all);
        for (const [index, { nowMs, recommended, before, slots }] of seen.entries()) {
          const recent = seen.slice(0, index + 1).filter((one) => nowMs - one.nowMs < windowMs);
          const highest = Math.max(...recent.map((one) => one.recommended));
          const bounded = before === null ? recommended : Math.max(recommended, Math.min(before, slots));
          expect(slots).toBe(bounded);
          if (before !== null && slots < before) expect(slots).toBeGreaterThanOrEqual(highest);
        }
      }),
    );
  });

  it('follows a lasting recommendation after one window', () => {
    fc.assert(
      fc.property(starts, steps, fc.integer({ min: 1, max: 5 }), (start, all, lasting) => {
        const seen = follow(start, [
          ...all,
          { afterMs: 1, recommended: lasting },
          { afterMs: windowMs, recommended: lasting },
        ]);
        expect(seen.at(-1)?.slots).toBe(lasting);
      }),
    );
  });

  it('remembers no more than there are different recommendations', () => {
    fc.assert(
      fc.property(starts, steps, (start, all) => {
        for (const { window } of follow(start, all)) {
          expect(window.length).toBeLessThanOrEqual(5);
          expect(window.map(({ slots }) => slots)).toEqual(window.map(({ slots }) => slots).sort((a, b) => b - a));
        }
      }),
    );
  });
});
