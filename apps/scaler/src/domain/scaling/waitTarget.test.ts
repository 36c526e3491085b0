import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScalingObservation } from './observation.js';
import type { WaitTargetPolicy } from './policy.js';
import { recommendByWaitTarget } from './waitTarget.js';

const policy: WaitTargetPolicy = {
  kind: 'wait-target',
  minSlots: 1,
  maxSlots: 5,
  jobsPerSlot: 10,
  slotConcurrency: 1,
  drainTargetSeconds: 60,
};
const idle: ScalingObservation = {
  waiting: 0,
  active: 0,
  current: null,
  arrivalsPerSecond: 0,
  serviceMs: 1_000,
  oldestWaitMs: null,
  heldBack: 'none',
};

describe('recommendByWaitTarget', () => {
  it.each([
    [{ arrivalsPerSecond: 0.7, serviceMs: 1_000 }, 1],
    [{ arrivalsPerSecond: 7, serviceMs: 100 }, 1],
    [{ arrivalsPerSecond: 2.8, serviceMs: 1_000 }, 4],
    [{ arrivalsPerSecond: 100, serviceMs: 1_000 }, 5],
  ])('gives what arrives as many slots as it keeps 70 %% busy: %o', (seen, slots) => {
    expect(recommendByWaitTarget({ ...idle, ...seen }, policy).slots).toBe(slots);
  });

  it.each([
    [60, 1],
    [61, 2],
    [240, 4],
  ])('gives a backlog of %i s of work %i slots, so that it is over within a minute', (waiting, slots) => {
    expect(recommendByWaitTarget({ ...idle, waiting }, policy).slots).toBe(slots);
  });

  it('shares the work out over slots that run several jobs at a time', () => {
    const busy = { ...idle, waiting: 240, arrivalsPerSecond: 2.8 };
    expect(recommendByWaitTarget(busy, { ...policy, slotConcurrency: 2 }).slots).toBe(2);
  });

  it.each([
    [1.55, 2, 2],
    [1.65, 2, 3],
    [1.25, 3, 3],
    [1.15, 3, 2],
    [0, 3, 1],
  ])(
    'with %d slots busy of %i it takes %i: between 80 %% of them and 60 %% of one fewer nothing changes',
    (busy, current, slots) => {
      expect(recommendByWaitTarget({ ...idle, arrivalsPerSecond: busy, current }, policy).slots).toBe(slots);
    },
  );

  it('looks at the backlog alone while the arrivals are not known, and says so', () => {
    const { slots, reason } = recommendByWaitTarget({ ...idle, waiting: 120, arrivalsPerSecond: null }, policy);
    expect(slots).toBe(2);
    expect(reason).toBe(
      '120 waiting, 0 active, arrivals unknown, 1000 ms each, 1 at a time per worker, ' +
        '0 to keep up at 70 %, 2 to drain in 60 s: 2 wanted, 1 to 5 allowed',
    );
  });

  it("goes by the queue's length while the service time is not known, and says so", () => {
    expect(recommendByWaitTarget({ ...idle, waiting: 25, serviceMs: null }, policy)).toEqual({
      slots: 3,
      reason: 'service time unknown, by queue length: 25 waiting, 0 active, 10 per worker: 3 wanted, 1 to 5 allowed',
    });
  });

  it('keeps the slots within 70 % of their time and the backlog within its target, unless the ceiling forbids', () => {
    const amount = fc.double({ min: 0, max: 10_000, noNaN: true });
    const wide = { ...policy, maxSlots: 1_000 };
    fc.assert(
      fc.property(amount, amount, fc.nat(100_000), fc.integer({ min: 1, max: 50 }), (rate, ms, waiting, atATime) => {
        const seen = { ...idle, waiting, arrivalsPerSecond: rate, serviceMs: ms };
        const { slots } = recommendByWaitTarget(seen, { ...wide, slotConcurrency: atATime });
        if (slots === wide.maxSlots) return;
        const capacity = slots * atATime + 1e-3;
        expect((rate * ms) / 1_000 / 0.7).toBeLessThanOrEqual(capacity);
        expect((waiting * ms) / 1_000 / 60).toBeLessThanOrEqual(capacity);
      }),
    );
  });
});
