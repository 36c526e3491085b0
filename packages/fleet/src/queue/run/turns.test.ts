import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTurns, TURN_QUANTUM } from './turns.js';

describe('createTurns', () => {
  it('has no one to name while no one waits', () => {
    expect(createTurns().next()).toBeNull();
  });

  it('lets a tenant go on for as long as no other waits', () => {
    const turns = createTurns(1);
    turns.enter('a', 1);
    expect(Array.from({ length: 10 }, () => turns.mayGoOn('a'))).not.toContain(false);
    turns.enter('b', 1);
    expect(turns.mayGoOn('a')).toBe(false);
  });

  it('names the newcomer within one turn of each who waits', () => {
    const turns = createTurns(2);
    for (const tenant of ['a', 'b', 'c']) turns.enter(tenant, 1);
    turns.next();
    turns.enter('late', 1);
    const named = Array.from({ length: 7 }, () => turns.next());
    expect(named).toContain('late');
  });

  it('keeps the rest of a turn for a tenant without room, and drops it for one without work', () => {
    const turns = createTurns(3);
    turns.enter('a', 1);
    turns.enter('b', 1);
    expect(turns.next()).toBe('a');
    turns.pass('a');
    expect(turns.mayGoOn('a')).toBe(true);
    turns.leave('a');
    expect(turns.mayGoOn('a')).toBe(false);
  });

  it('starts jobs in proportion to the weights of those who always wait, to within two quanta (seeded)', () => {
    const tenants = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(
        tenants,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 3_000 }),
        (weights, quantum, jobs) => {
          const turns = createTurns(quantum);
          const started = weights.map(() => 0);
          for (const [index, weight] of weights.entries()) turns.enter(String(index), weight);
          for (let job = 0; job < jobs; job++) {
            const index = Number(turns.next());
            started[index] = (started[index] ?? 0) + 1;
          }
          const shares = started.map((count, index) => count / (weights[index] ?? 1));
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2 * quantum);
        },
      ),
      { seed: 17 },
    );
  });

  it('holds the same bound when jobs go on where one ended, whoever ends when (seeded)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 8 }),
        fc.array(fc.nat(), { minLength: 50, maxLength: 2_000 }),
        (weights, choices) => {
          const capacity = 2;
          const turns = createTurns(TURN_QUANTUM);
          const started = weights.map(() => 0);
          const running: number[] = [];
          const start = (index: number): void => {
            started[index] = (started[index] ?? 0) + 1;
            running.push(index);
          };
          for (const [index, weight] of weights.entries()) turns.enter(String(index), weight);
          for (const choice of choices) {
            if (running.length < capacity) {
              start(Number(turns.next()));
              continue;
            }
            const [ended = 0] = running.splice(choice % running.length, 1);
            if (turns.mayGoOn(String(ended))) start(ended);
          }
          const shares = started.map((count, index) => count / (weights[index] ?? 1));
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2 * TURN_QUANTUM);
        },
      ),
      { seed: 17 },
    );
  });

  it('holds it as well when each tenant has room for two jobs only, and heavy turns last longer than light ones (seeded)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 12, maxLength: 30 }),
        fc.nat(),
        (weights, seed) => {
          const shares = runWithRoomForTwo(weights, { capacity: 8, jobs: 6_000, seed });
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(3 * TURN_QUANTUM);
        },
      ),
      { seed: 17, numRuns: 40 },
    );
  });

  it('names every tenant that waits within one round, however long the others have waited (seeded)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 500 }), (others, before) => {
        const turns = createTurns(TURN_QUANTUM);
        for (let index = 0; index < others; index++) turns.enter(`flood-${index}`, 1);
        for (let job = 0; job < before; job++) turns.next();
        turns.enter('one', 1);
        const named = Array.from({ length: others * TURN_QUANTUM + 1 }, () => turns.next());
        expect(named).toContain('one');
      }),
      { seed: 17 },
    );
  });
});

/** Jobs started by each tenant divided by its weight, when jobs end one after another in a seeded random order. */
function runWithRoomForTwo(
  weights: readonly number[],
  { capacity, jobs, seed }: { readonly capacity: number; readonly jobs: number; readonly seed: number },
): number[] {
  const turns = createTurns(TURN_QUANTUM);
  const started = weights.map(() => 0);
  const busy = weights.map(() => 0);
  const running: number[] = [];
  const start = (index: number): void => {
    started[index] = (started[index] ?? 0) + 1;
    busy[index] = (busy[index] ?? 0) + 1;
    running.push(index);
    if (busy[index] === 2) turns.pass(String(index));
  };
  let state = seed;
  for (const [index, weight] of weights.entries()) turns.enter(String(index), weight);
  for (let job = 0; job < jobs; job++) {
    if (running.length < capacity) {
      start(Number(turns.next()));
      continue;
    }
    // Jobs last about equally long: one of the oldest two ends.
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const [ended = 0] = running.splice(state % 2, 1);
    busy[ended] = (busy[ended] ?? 0) - 1;
    if (turns.mayGoOn(String(ended))) start(ended);
    else turns.enter(String(ended), weights[ended] ?? 1);
  }
  return started.map((count, index) => count / (weights[index] ?? 1));
}
