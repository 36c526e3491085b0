import { placeSlots } from '@sluice/shared/domain/placement';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlacedTenant, PlacedWorker, TenantPlacement } from './placeTenants.js';
import { placeTenants } from './placeTenants.js';

const CLASSES = ['default', 'exports', 'mail'];
const classes = fc.subarray(CLASSES).map((names) => new Set(names));
const tenants = fc
  .array(fc.record({ slots: fc.integer({ min: 1, max: 5 }), classes }), { minLength: 1, maxLength: 12 })
  .map((list) => new Map<string, PlacedTenant>(list.map((tenant, n) => [`t${n}`, tenant])));
const workers = fc
  .array(fc.record({ capacity: fc.integer({ min: 1, max: 50 }), classes }), { minLength: 1, maxLength: 6 })
  .map((list) => new Map<string, PlacedWorker>(list.map((worker, n) => [`w${n}`, worker])));

const holdersOf = ({ slots }: TenantPlacement, tenant: string) =>
  [...slots].flatMap(([id, held]) => (held.get(tenant) ?? []).map((number) => ({ id, number })));

describe('placeTenants', () => {
  it('gives every slot to exactly one worker, in every time slice', () => {
    fc.assert(
      fc.property(tenants, workers, fc.nat(20), (fleet, live, slice) => {
        const placement = placeTenants(fleet, live, slice);
        for (const [tenant, { slots }] of fleet) {
          const numbers = holdersOf(placement, tenant).map(({ number }) => number);
          expect(numbers.toSorted()).toEqual(Array.from({ length: slots }, (_, n) => n + 1));
        }
      }),
    );
  });

  it('gives every class that some worker runs a slot on such a worker, within as many slices as there are classes', () => {
    fc.assert(
      fc.property(tenants, workers, (fleet, live) => {
        for (const [tenant, { classes: needed }] of fleet) {
          const slices = Array.from({ length: CLASSES.length + 1 }, (_, slice) => placeTenants(fleet, live, slice));
          const holders = slices.flatMap((placement) => holdersOf(placement, tenant));
          const served = new Set(holders.flatMap(({ id }) => [...(live.get(id)?.classes ?? [])]));
          const known = new Set([...live.values()].flatMap((worker) => [...worker.classes]));
          expect([...needed].filter((name) => known.has(name) && !served.has(name))).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('leaves workers alone that can run nothing of a tenant while others can', () => {
    const fleet = new Map([['acme', { slots: 5, classes: new Set(['default']) }]]);
    const live = new Map([
      ['all', { capacity: 1, classes: new Set(['default']) }],
      ['mail', { capacity: 100, classes: new Set(['mail']) }],
    ]);
    const placement = placeTenants(fleet, live, 0);
    expect(new Set(holdersOf(placement, 'acme').map(({ id }) => id))).toEqual(new Set(['all']));
    expect(placement.rotates).toBe(false);
  });

  it('is plain placement while all workers run the same', () => {
    fc.assert(
      fc.property(tenants, fc.integer({ min: 1, max: 6 }), classes, (fleet, count, same) => {
        const live = new Map(Array.from({ length: count }, (_, n) => [`w${n}`, { capacity: n + 1, classes: same }]));
        const desired = new Map(Array.from(fleet, ([id, { slots }]) => [id, slots]));
        const capacities = new Map(Array.from(live, ([id, { capacity }]) => [id, capacity]));
        const { slots, rotates } = placeTenants(fleet, live, 3);
        expect(slots).toEqual(placeSlots(desired, capacities));
        expect(rotates).toBe(false);
      }),
    );
  });
});
