import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recommendByQueueLength } from './queueLength.js';

const requirement = { minSlots: 1, maxSlots: 5, jobsPerSlot: 10 };
const policies = fc
  .record({
    minSlots: fc.integer({ min: 1, max: 50 }),
    more: fc.nat(50),
    jobsPerSlot: fc.integer({ min: 1, max: 1_000 }),
  })
  .map(({ minSlots, more, jobsPerSlot }) => ({ minSlots, maxSlots: minSlots + more, jobsPerSlot }));

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
    expect(recommendByQueueLength({ waiting, active: 0 }, requirement).slots).toBe(slots);
  });

  it('gives its figures as the reason', () => {
    expect(recommendByQueueLength({ waiting: 60, active: 1 }, requirement).reason).toBe(
      '60 waiting, 1 active, 10 per worker: 6 wanted, 1 to 5 allowed',
    );
  });

  it('gives no slot more than its share unless the ceiling forbids one more, and none to spare above the floor', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), policies, (waiting, policy) => {
        const { slots } = recommendByQueueLength({ waiting, active: 0 }, policy);
        if (slots < policy.maxSlots) expect(waiting).toBeLessThanOrEqual(slots * policy.jobsPerSlot);
        if (slots > policy.minSlots) expect(waiting).toBeGreaterThan((slots - 1) * policy.jobsPerSlot);
      }),
    );
  });
});
