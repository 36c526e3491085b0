import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScalingPolicy } from './scaling.js';
import { decideSlots } from './scaling.js';

const requirement: ScalingPolicy = { minSlots: 1, maxSlots: 5, jobsPerSlot: 10 };
const policies = fc
  .record({
    minSlots: fc.integer({ min: 1, max: 50 }),
    more: fc.nat(50),
    jobsPerSlot: fc.integer({ min: 1, max: 1_000 }),
  })
  .map(({ minSlots, more, jobsPerSlot }): ScalingPolicy => ({ minSlots, maxSlots: minSlots + more, jobsPerSlot }));
const seen = fc.record({
  waiting: fc.nat(1_000_000),
  active: fc.nat(1_000),
  current: fc.option(fc.integer({ min: 1, max: 100 })),
});

describe('decideSlots', () => {
  it.each([
    [0, 1],
    [10, 1],
    [11, 2],
    [20, 2],
    [41, 5],
    [60, 5],
    [100_000, 5],
  ])('gives a tenant with %i waiting jobs %i slots under the requirement', (waiting, desired) => {
    expect(decideSlots({ waiting, active: 0, current: 1 }, requirement).desired).toBe(desired);
  });

  it('says which way it goes, and holds when nothing changes', () => {
    expect(decideSlots({ waiting: 60, active: 1, current: 1 }, requirement).change).toBe('grow');
    expect(decideSlots({ waiting: 0, active: 5, current: 5 }, requirement).change).toBe('shrink');
    expect(decideSlots({ waiting: 25, active: 3, current: 3 }, requirement).change).toBe('hold');
  });

  it('takes a tenant that was never decided on as one at the floor', () => {
    expect(decideSlots({ waiting: 0, active: 0, current: null }, requirement)).toMatchObject({
      desired: 1,
      change: 'hold',
    });
    expect(decideSlots({ waiting: 11, active: 0, current: null }, requirement)).toMatchObject({
      desired: 2,
      change: 'grow',
    });
  });

  it('gives its figures as the reason', () => {
    expect(decideSlots({ waiting: 60, active: 1, current: 1 }, requirement).reason).toBe(
      '60 waiting, 1 active, 10 per worker: 6 wanted, 1 to 5 allowed',
    );
  });

  it('stays within its bounds, whatever it sees', () => {
    fc.assert(
      fc.property(seen, policies, (tenant, policy) => {
        const { desired } = decideSlots(tenant, policy);
        expect(desired).toBeGreaterThanOrEqual(policy.minSlots);
        expect(desired).toBeLessThanOrEqual(policy.maxSlots);
      }),
    );
  });

  it('never gives fewer slots for more waiting jobs', () => {
    fc.assert(
      fc.property(seen, fc.nat(1_000_000), policies, (tenant, more, policy) => {
        const busier = { ...tenant, waiting: tenant.waiting + more };
        expect(decideSlots(busier, policy).desired).toBeGreaterThanOrEqual(decideSlots(tenant, policy).desired);
      }),
    );
  });

  it('holds once its decision is followed, so a steady queue never flaps', () => {
    fc.assert(
      fc.property(seen, policies, (tenant, policy) => {
        const { desired } = decideSlots(tenant, policy);
        expect(decideSlots({ ...tenant, current: desired }, policy)).toMatchObject({ desired, change: 'hold' });
      }),
    );
  });

  it('gives no slot more than its share unless the ceiling forbids one more, and none to spare above the floor', () => {
    fc.assert(
      fc.property(seen, policies, (tenant, policy) => {
        const { desired } = decideSlots(tenant, policy);
        if (desired < policy.maxSlots) expect(tenant.waiting).toBeLessThanOrEqual(desired * policy.jobsPerSlot);
        if (desired > policy.minSlots) expect(tenant.waiting).toBeGreaterThan((desired - 1) * policy.jobsPerSlot);
      }),
    );
  });
});
