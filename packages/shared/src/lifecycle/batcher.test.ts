import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatcherOptions } from './batcher.js';
import { createBatcher, Refused } from './batcher.js';

/** An item: its number in order of arrival, and a key that other items may share. */
interface Item {
  readonly number: number;
  readonly key: string;
}

/** Records flushes: what each contained, and how many ran concurrently. */
function watchedFlush(pauses: readonly number[]): {
  flush: BatcherOptions<Item, string>['flush'];
  flushes: Item[][];
  mostAtOnce: () => number;
} {
  const flushes: Item[][] = [];
  let running = 0;
  let most = 0;
  return {
    flushes,
    mostAtOnce: () => most,
    async flush(items) {
      flushes.push([...items]);
      running++;
      most = Math.max(most, running);
      const turns = pauses[flushes.length % Math.max(1, pauses.length)] ?? 0;
      for (let turn = 0; turn < turns; turn++) await nextTurn();
      running--;
      return items.map(answerTo);
    },
  };
}

function answerTo(item: Item): string {
  return `answer ${item.number}`;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const scenario = fc.record({
  maxItems: fc.integer({ min: 1, max: 7 }),
  enoughItems: fc.integer({ min: 1, max: 9 }),
  maxFlushes: fc.integer({ min: 1, max: 3 }),
  maxWaitMs: fc.constantFrom(0, 1),
  keys: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 40 }),
  keyed: fc.boolean(),
  pauses: fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }),
  addsPerTurn: fc.integer({ min: 1, max: 10 }),
});

describe('createBatcher', () => {
  it('answers every item exactly once with its own answer, within every bound, whatever the load', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ keys, keyed, pauses, addsPerTurn, ...bounds }) => {
        const { maxItems, maxFlushes } = bounds;
        const { flush, flushes, mostAtOnce } = watchedFlush(pauses);
        const options = { ...bounds, flush };
        const batcher = createBatcher<Item, string>(keyed ? { ...options, keyOf: (item) => item.key } : options);
        const items = keys.map((key, number) => ({ number, key }));
        const answers: Promise<string>[] = [];
        for (const item of items) {
          answers.push(batcher.add(item));
          if (item.number % addsPerTurn === 0) await nextTurn();
        }

        expect(await Promise.all(answers)).toEqual(items.map(answerTo));
        await batcher.idle();

        expect(flushes.flat().sort((a, b) => a.number - b.number)).toEqual(items);
        expect(Math.max(...flushes.map((flushed) => flushed.length))).toBeLessThanOrEqual(maxItems);
        expect(mostAtOnce()).toBeLessThanOrEqual(maxFlushes);
        expectOrdered(flushes, keyed);
      }),
    );
  });

  it('rejects all items of a flush that failed and no others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        async (bad, maxItems) => {
          const failed = new Set<number>();
          const batcher = createBatcher<number, number>({
            maxItems,
            maxWaitMs: 0,
            maxFlushes: 2,
            async flush(items) {
              await nextTurn();
              if (!items.some((item) => bad[item])) return items;
              for (const item of items) failed.add(item);
              throw new Error('no');
            },
          });
          const outcomes = await Promise.allSettled(bad.map((_, item) => batcher.add(item)));
          for (const [item, outcome] of outcomes.entries()) {
            expect(outcome.status).toBe(failed.has(item) ? 'rejected' : 'fulfilled');
          }
        },
      ),
    );
  });

  it('rejects an item that was refused, and none of its neighbours', async () => {
    const batcher = createBatcher<number, number>({
      maxItems: 3,
      maxWaitMs: 0,
      maxFlushes: 1,
      flush: async (items) => items.map((item) => (item === 1 ? new Refused(new Error('not this one')) : item)),
    });
    const outcomes = await Promise.allSettled([0, 1, 2].map((item) => batcher.add(item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(batcher.add(1)).rejects.toThrow('not this one');
  });

  it('rejects the items of a flush that does not answer each of them', async () => {
    const batcher = createBatcher<number, number>({
      maxItems: 3,
      maxWaitMs: 0,
      maxFlushes: 1,
      flush: async (items) => items.slice(1),
    });
    const outcomes = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('makes one flush of what arrives in one turn, and gathers while all flushes are busy', async () => {
    const sizes: number[] = [];
    const ends: (() => void)[] = [];
    const batcher = createBatcher<number, number>({
      maxItems: 100,
      maxWaitMs: 0,
      maxFlushes: 1,
      async flush(items) {
        sizes.push(items.length);
        await new Promise<void>((resolve) => ends.push(resolve));
        return items;
      },
    });
    const first = [1, 2, 3].map((item) => batcher.add(item));
    await nextTurn();
    expect(sizes).toEqual([3]);
    const second = [4, 5].map((item) => batcher.add(item));
    await nextTurn();
    expect(sizes).toEqual([3]);
    ends[0]?.();
    await Promise.all(first);
    await nextTurn();
    expect(sizes).toEqual([3, 2]);
    ends[1]?.();
    await Promise.all(second);
  });

  it('starts a flush as soon as enough wait, and while all flushes are busy gathers up to the most', async () => {
    const sizes: number[] = [];
    const ends: (() => void)[] = [];
    const batcher = createBatcher<number, number>({
      maxItems: 5,
      enoughItems: 2,
      maxWaitMs: 60_000,
      maxFlushes: 1,
      async flush(items) {
        sizes.push(items.length);
        await new Promise<void>((resolve) => ends.push(resolve));
        return items;
      },
    });
    const answers = [1, 2, 3, 4, 5, 6, 7, 8].map((item) => batcher.add(item));
    expect(sizes).toEqual([2]);
    ends[0]?.();
    await Promise.all(answers.slice(0, 2));
    await nextTurn();
    expect(sizes).toEqual([2, 5]);
    ends[1]?.();
    await Promise.all(answers.slice(2, 7));
    await nextTurn();
    ends[2]?.();
    await Promise.all(answers);
  });

  it('shares out what waits over the flushes that may start, and makes none of them small', async () => {
    const sizes: number[] = [];
    const ends: (() => void)[] = [];
    const batcher = createBatcher<number, number>({
      maxItems: 100,
      enoughItems: 4,
      maxWaitMs: 60_000,
      maxFlushes: 3,
      async flush(items) {
        sizes.push(items.length);
        await new Promise<void>((resolve) => ends.push(resolve));
        return items;
      },
    });
    const answers = Array.from({ length: 12 + 30 }, (_, item) => batcher.add(item));
    expect(sizes).toEqual([4, 4, 4]);
    for (const end of ends.splice(0)) end();
    await Promise.all(answers.slice(0, 12));
    await nextTurn();
    expect(sizes.slice(3).reduce((sum, size) => sum + size, 0)).toBe(30);
    expect(Math.min(...sizes.slice(3))).toBeGreaterThanOrEqual(4);
    for (const end of ends.splice(0)) end();
    await Promise.all(answers);
  });

  it('is idle at once when it has nothing, and else only when the last flush has ended', async () => {
    const events: string[] = [];
    const batcher = createBatcher<number, number>({
      maxItems: 2,
      maxWaitMs: 0,
      maxFlushes: 2,
      async flush(items) {
        await nextTurn();
        events.push(`flushed ${items.join()}`);
        return items;
      },
    });
    await batcher.idle();
    const answers = [1, 2, 3].map((item) => batcher.add(item));
    await batcher.idle();
    expect(events).toEqual(['flushed 1,2', 'flushed 3']);
    await Promise.all(answers);
  });
});

/** Flushes take items in order of arrival; with keys, in order per key, and each key at most once per flush. */
function expectOrdered(flushes: readonly Item[][], keyed: boolean): void {
  const taken = flushes.flat();
  if (!keyed) {
    expect(taken.map(({ number }) => number)).toEqual(taken.map((_, index) => index));
    return;
  }
  for (const key of ['a', 'b', 'c']) {
    const numbers = taken.filter((item) => item.key === key).map(({ number }) => number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }
  for (const flushed of flushes) expect(new Set(flushed.map(({ key }) => key)).size).toBe(flushed.length);
}
