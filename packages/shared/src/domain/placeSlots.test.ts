import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlacedSlots } from './placement.js';
import { placeSlots } from './placement.js';

const MOST_SLOTS = 5;
/** Random names are hashed: a fixed seed keeps a bound that holds with high probability from failing by chance. */
const SEED = 20_260_201;

const names = (minLength: number, maxLength: number) => fc.uniqueArray(fc.uuid(), { minLength, maxLength });
const desiredSlots = (min: number, max: number) =>
  names(min, max).chain((tenants) =>
    fc
      .array(fc.integer({ min: 0, max: MOST_SLOTS }), { minLength: tenants.length, maxLength: tenants.length })
      .map((slots) => new Map(tenants.map((tenant, n) => [tenant, slots[n] ?? 0]))),
  );
const capacitiesOf = (min: number, max: number, capacity: fc.Arbitrary<number>) =>
  names(min, max).chain((workers) =>
    fc
      .array(capacity, { minLength: workers.length, maxLength: workers.length })
      .map((capacities) => new Map(workers.map((worker, n) => [worker, capacities[n] ?? 1]))),
  );
const anyCapacities = (min: number) => capacitiesOf(min, 12, fc.integer({ min: 1, max: 200 }));
/** 200 to 1,000 slots for 2 to 12 workers whose capacities differ by at most 4: at least 10 slots per worker. */
const manySlots = desiredSlots(200, 200).map(
  (desired) => new Map([...desired].map(([tenant, slots]) => [tenant, Math.max(1, slots)])),
);
const alikeCapacities = capacitiesOf(3, 12, fc.integer({ min: 10, max: 40 }));

describe('placeSlots', () => {
  it('places each slot exactly once, and names every worker', () => {
    fc.assert(
      fc.property(desiredSlots(0, 60), anyCapacities(1), (desired, capacities) => {
        const placed = placeSlots(desired, capacities);
        const wanted = [...desired].flatMap(([tenant, slots]) => numbersTo(slots).map((slot) => `${tenant}|${slot}`));
        expect(slotsOf(placed).toSorted()).toEqual(wanted.toSorted());
        expect([...placed.keys()].toSorted()).toEqual([...capacities.keys()].toSorted());
      }),
    );
  });

  it('gives no worker more than a quarter above its share of the capacity, rounded up', () => {
    fc.assert(
      fc.property(desiredSlots(0, 60), anyCapacities(1), (desired, capacities) => {
        const slots = sumOf(desired);
        for (const [worker, held] of placeSlots(desired, capacities)) {
          const share = (capacities.get(worker) ?? 0) / sumOf(capacities);
          expect(countOf(held)).toBeLessThan(1.25 * slots * share + 1);
        }
      }),
    );
  });

  it('is the same in every process, in whatever order it knows tenants and workers, even with fractions as capacities', () => {
    const fractions = capacitiesOf(1, 12, fc.double({ min: 0.01, max: 50, noNaN: true }));
    fc.assert(
      fc.property(desiredSlots(0, 60), fractions, (desired, capacities) => {
        const backwards = placeSlots(reversed(desired), reversed(capacities));
        expect(whereIs(backwards)).toEqual(whereIs(placeSlots(desired, capacities)));
      }),
    );
  });

  it('gives a worker its slot numbers in ascending order', () => {
    fc.assert(
      fc.property(desiredSlots(1, 60), anyCapacities(1), (desired, capacities) => {
        for (const held of placeSlots(desired, capacities).values())
          for (const slots of held.values()) expect(slots).toEqual(slots.toSorted((a, b) => a - b));
      }),
    );
  });

  it('gives one worker everything', () => {
    const placed = placeSlots(new Map(Object.entries({ acme: 3, globex: 1, idle: 0 })), new Map([['only', 20]]));
    expect(placed.get('only')).toEqual(
      new Map([
        ['acme', [1, 2, 3]],
        ['globex', [1]],
      ]),
    );
  });

  it('places nothing when no worker lives', () => {
    expect(placeSlots(new Map([['acme', 5]]), new Map())).toEqual(new Map());
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'gives nothing to a worker with a capacity of %s',
    (capacity) => {
      const placed = placeSlots(new Map([['acme', 5]]), new Map(Object.entries({ sound: 20, odd: capacity })));
      expect(placed.get('odd')).toEqual(new Map());
      expect(placed.get('sound')).toEqual(new Map([['acme', [1, 2, 3, 4, 5]]]));
      expect(placeSlots(new Map([['acme', 5]]), new Map([['odd', capacity]]))).toEqual(new Map([['odd', new Map()]]));
    },
  );

  it('gives workers of twice the capacity twice the slots, within an eighth', () => {
    const desired = new Map(Array.from({ length: 2_000 }, (_, n) => [`tenant-${n}`, MOST_SLOTS]));
    const placed = placeSlots(desired, new Map(Object.entries({ small: 10, middle: 20, large: 40 })));
    const counts = [...placed.values()].map(countOf);
    for (const [n, share] of [1 / 7, 2 / 7, 4 / 7].entries()) {
      expect(Math.abs((counts[n] ?? 0) / (10_000 * share) - 1)).toBeLessThan(1 / 8);
    }
  });

  it('keeps to the bounds of 50 workers with 4 slots each, where hashing alone would give one three times its share', () => {
    const desired = new Map(Array.from({ length: 200 }, (_, n) => [`tenant-${n}`, 1]));
    const placed = placeSlots(desired, new Map(Array.from({ length: 50 }, (_, n) => [`worker-${n}`, 20])));
    expect(Math.max(...[...placed.values()].map(countOf))).toBeLessThanOrEqual(5);
  });
});

describe('placeSlots, when something changes', () => {
  it('moves at most three times the share of a worker that goes', () => {
    fc.assert(
      fc.property(manySlots, alikeCapacities, (desired, capacities) => {
        const [gone = '', ...left] = capacities.keys();
        const fewer = new Map(left.map((worker) => [worker, capacities.get(worker) ?? 0]));
        const moved = movedBetween(placeSlots(desired, capacities), placeSlots(desired, fewer));
        const share = (sumOf(desired) * (capacities.get(gone) ?? 0)) / sumOf(capacities);
        expect(moved).toBeLessThanOrEqual(3 * share);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('moves at most three times the share of a worker that comes', () => {
    fc.assert(
      fc.property(manySlots, alikeCapacities, fc.uuid(), (desired, capacities, newcomer) => {
        const more = new Map(capacities).set(newcomer, 20);
        const moved = movedBetween(placeSlots(desired, capacities), placeSlots(desired, more));
        expect(moved).toBeLessThanOrEqual((3 * sumOf(desired) * 20) / sumOf(more));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('moves at most a slot per worker when one tenant gets one slot more', () => {
    fc.assert(
      fc.property(manySlots, alikeCapacities, fc.nat({ max: 199 }), (desired, capacities, pick) => {
        const [tenant = '', slots = 0] = [...desired][pick] ?? [];
        const after = placeSlots(new Map(desired).set(tenant, slots + 1), capacities);
        expect(movedBetween(placeSlots(desired, capacities), after)).toBeLessThanOrEqual(capacities.size);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});

function numbersTo(slots: number): readonly number[] {
  return Array.from({ length: slots }, (_, n) => n + 1);
}

function reversed<Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  return new Map([...map].toReversed());
}

function sumOf(map: ReadonlyMap<string, number>): number {
  return [...map.values()].reduce((sum, value) => sum + value, 0);
}

function countOf(held: PlacedSlots): number {
  return [...held.values()].reduce((sum, slots) => sum + slots.length, 0);
}

function slotsOf(placed: ReadonlyMap<string, PlacedSlots>): readonly string[] {
  return [...placed.values()].flatMap((held) =>
    [...held].flatMap(([tenant, slots]) => slots.map((slot) => `${tenant}|${slot}`)),
  );
}

function whereIs(placed: ReadonlyMap<string, PlacedSlots>): ReadonlyMap<string, string> {
  return new Map(
    [...placed].flatMap(([worker, held]) => slotsOf(new Map([[worker, held]])).map((slot) => [slot, worker] as const)),
  );
}

/** Slots present in both placements, but with different workers. */
function movedBetween(before: ReadonlyMap<string, PlacedSlots>, after: ReadonlyMap<string, PlacedSlots>): number {
  const now = whereIs(after);
  return [...whereIs(before)].filter(([slot, worker]) => now.has(slot) && now.get(slot) !== worker).length;
}
