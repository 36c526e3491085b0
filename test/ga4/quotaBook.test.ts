import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQuotaBook, STANDARD_LIMITS } from './quotaBook.js';

const LIMITS = { ...STANDARD_LIMITS, tokensPerDay: 100, tokensPerHour: 50, concurrentRequests: 3, hourMs: 1_000 };

interface Step {
  readonly afterMs: number;
  readonly ends: boolean;
}

/** Runs through the steps; gives the times of what was admitted and the most that ran at once. */
function play(steps: readonly Step[]): { readonly admittedAt: readonly number[]; readonly most: number } {
  const book = createQuotaBook(LIMITS);
  const admittedAt: number[] = [];
  let [nowMs, running, most] = [0, 0, 0];
  for (const { afterMs, ends } of steps) {
    nowMs += afterMs;
    if (ends && running > 0) {
      book.end();
      running--;
    }
    if (book.begin(nowMs).kind === 'exhausted') continue;
    running++;
    most = Math.max(most, running);
    admittedAt.push(nowMs);
  }
  return { admittedAt, most };
}

/** Most admissions in one window of this length. */
function mostPerWindow(times: readonly number[], windowMs: number): number {
  const counts = new Map<number, number>();
  for (const time of times) {
    const window = Math.floor(time / windowMs);
    counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

describe('the quotas of the local server', () => {
  it('admit no more than there is in any hour, any day and at once, in whatever order requests come and end', () => {
    const step = fc.record({ afterMs: fc.nat({ max: 700 }), ends: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { admittedAt, most } = play(steps);
        expect(most).toBeLessThanOrEqual(3);
        expect(mostPerWindow(admittedAt, 1_000)).toBeLessThanOrEqual(5);
        expect(mostPerWindow(admittedAt, 24_000)).toBeLessThanOrEqual(10);
      }),
    );
  });

  it('say which quota is used up and when it returns', () => {
    const book = createQuotaBook({ ...LIMITS, concurrentRequests: 99 });
    for (let call = 0; call < 5; call++) expect(book.begin(400)).toEqual({ kind: 'admitted' });
    expect(book.begin(400)).toEqual({ kind: 'exhausted', quota: 'tokensPerHour', returnsInMs: 600 });
    for (let call = 0; call < 5; call++) expect(book.begin(1_000)).toEqual({ kind: 'admitted' });
    expect(book.begin(2_000)).toEqual({ kind: 'exhausted', quota: 'tokensPerDay', returnsInMs: 22_000 });
    expect(book.shown(2_000)).toMatchObject({ tokensPerDay: { consumed: 10, remaining: 0 } });
  });
});
