import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeSlot, slotsHeldBy } from './placement.js';

const SLOTS = 5;
const workerIds = (min: number) => fc.uniqueArray(fc.uuid(), { minLength: min, maxLength: 12 });
const tenantIds = fc.stringMatching(/^[a-z0-9]{3,20}$/);

describe('placeSlot', () => {
  it('has nowhere to place a slot when no worker lives', () => {
    expect(placeSlot('acme', 1, [])).toBeNull();
  });

  it('is the same in every process, in whatever order it knows the workers', () => {
    fc.assert(
      fc.property(tenantIds, workerIds(1), fc.integer({ min: 1, max: SLOTS }), (tenant, workers, slot) => {
        expect(placeSlot(tenant, slot, workers.toReversed())).toBe(placeSlot(tenant, slot, workers));
      }),
    );
  });

  it('moves only the slots of a worker that goes', () => {
    fc.assert(
      fc.property(tenantIds, workerIds(2), fc.nat(), (tenant, workers, pick) => {
        const gone = workers[pick % workers.length];
        const left = workers.filter((worker) => worker !== gone);
        for (let slot = 1; slot <= SLOTS; slot++) {
          const before = placeSlot(tenant, slot, workers);
          const after = placeSlot(tenant, slot, left);
          if (before === gone) expect(left).toContain(after);
          else expect(after).toBe(before);
        }
      }),
    );
  });

  it('moves slots only to a worker that comes', () => {
    fc.assert(
      fc.property(tenantIds, workerIds(2), (tenant, [newcomer, ...others]) => {
        for (let slot = 1; slot <= SLOTS; slot++) {
          const after = placeSlot(tenant, slot, [...others, newcomer ?? '']);
          if (after !== newcomer) expect(after).toBe(placeSlot(tenant, slot, others));
        }
      }),
    );
  });
});

describe('slotsHeldBy', () => {
  it('places every slot exactly once', () => {
    fc.assert(
      fc.property(tenantIds, workerIds(1), fc.integer({ min: 1, max: SLOTS }), (tenant, workers, desired) => {
        const held = workers.map((worker) => slotsHeldBy(worker, tenant, desired, workers));
        expect(held.reduce((sum, slots) => sum + slots, 0)).toBe(desired);
      }),
    );
  });

  it('spreads 5,000 slots of 1,000 tenants over 5 workers within 12 % of an even share', () => {
    // A worker's share is binomial: 5,000 x 1/5, standard deviation 28; 12 % is more than four of them.
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 5, maxLength: 5 }), (workers) => {
        const held = new Map(workers.map((worker) => [worker, 0]));
        for (let tenant = 0; tenant < 1_000; tenant++) {
          for (let slot = 1; slot <= SLOTS; slot++) {
            const worker = placeSlot(`tenant-${tenant}`, slot, workers) ?? '';
            held.set(worker, (held.get(worker) ?? 0) + 1);
          }
        }
        for (const slots of held.values()) expect(Math.abs(slots - 1_000)).toBeLessThan(120);
      }),
      { numRuns: 20, seed: 20_260_101 },
    );
  });
});
