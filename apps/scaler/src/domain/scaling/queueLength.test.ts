import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recommendByQueueLength } from './queueLength.js';

const requirement = { minSlots: 1, maxSlots: 5, jobsPerSlot: 10, slotConcurrency: 1 };
const policies = fc
  .record({
    minSlots: fc.integer({ min: 1, max: 50 }),
    more: fc.nat(50),
    jobsPerSlot: fc.integer({ min: 1, max: 1_000 }),
  })
  .map(({ minSlots, more, jobsPerSlot }) => ({ minSlots, maxSlots: minSlots + more, jobsPerSlot, slotConcurrency: 1 }));

describe('recommendByQueueLength', () => {
  it.each([
    [0, 1],
    [10, 1],
    [11, 2],
    [20, 2],
    [41, 5],
    [60, 5],
    [100_000, 5],
  ])('gives a tenant with %i waiting jobs %i slots under the requirement', (waiting, slots) => {
    expect(recommendByQueueLength({ waiting, active: 0, current: 1 }, requirement).slots).toBe(slots);
  });

  it('gives its figures as the reason', () => {
    expect(recommendByQueueLength({ waiting: 60, active: 1, current: 1 }, requirement).reason).toBe(
      '60 waiting, 1 active, 10 per worker: 6 wanted, 1 to 5 allowed',
    );
  });

  it('gives up no slot that works, and says so', () => {
    const busy = { waiting: 5, active: 3, current: 5 };
    expect(recommendByQueueLength(busy, requirement)).toEqual({
      slots: 3,
      reason: '5 waiting, 3 active, 10 per worker: 1 wanted, 3 at work: 3 wanted, 1 to 5 allowed',
    });
    expect(recommendByQueueLength({ ...busy, current: 2 }, requirement).slots).toBe(2);
    expect(recommendByQueueLength(busy, { ...requirement, slotConcurrency: 2 }).slots).toBe(2);
    expect(recommendByQueueLength({ ...busy, active: 0 }, requirement).slots).toBe(1);
  });

  it('gives no slot more than its share unless the ceiling forbids one more, and none to spare above the floor', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), policies, (waiting, policy) => {
        const { slots } = recommendByQueueLength({ waiting, active: 0, current: 1 }, policy);
        if (slots < policy.maxSlots) expect(waiting).toBeLessThanOrEqual(slots * policy.jobsPerSlot);
        if (slots > policy.minSlots) expect(waiting).toBeGreaterThan((slots - 1) * policy.jobsPerSlot);
      }),
    );
  });
});
