import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blendServiceMs, estimateWaitMs } from './waitEstimate.js';

describe('estimateWaitMs', () => {
  it('shares the jobs ahead out over the slots', () => {
    expect(estimateWaitMs(3, 30_000, 1)).toBe(90_000);
    expect(estimateWaitMs(10, 1_000, 5)).toBe(2_000);
  });

  it('is a whole number, never negative, and answers even for a tenant without slots', () => {
    const anything = fc.record({
      position: fc.integer(),
      serviceMs: fc.double({ min: 0, max: 1e7 }),
      slots: fc.nat(5),
    });
    fc.assert(
      fc.property(anything, ({ position, serviceMs, slots }) => {
        fc.pre(!Number.isNaN(serviceMs));
        const waitMs = estimateWaitMs(position, serviceMs, slots);
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('blendServiceMs', () => {
  it('begins with the first sample and then follows the latest by a fifth', () => {
    expect(blendServiceMs(null, 500)).toBe(500);
    expect(blendServiceMs(1_000, 500)).toBe(900);
  });

  it('stays between what it was and what is new', () => {
    const ms = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(ms, ms, (previous, latest) => {
        const blended = blendServiceMs(previous, latest);
        expect(blended).toBeGreaterThanOrEqual(Math.min(previous, latest));
        expect(blended).toBeLessThanOrEqual(Math.max(previous, latest));
      }),
    );
  });
});
