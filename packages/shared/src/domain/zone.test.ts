import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZONES } from '../contracts/jobs.js';
import { zoneOf } from './zone.js';

describe('zoneOf', () => {
  it('changes just beyond each limit, for each kind of priority', () => {
    const around = (limits: readonly number[], priority: number): string[] =>
      limits.flatMap((limit) => [zoneOf(limit, priority), zoneOf(limit + 1, priority)]);
    const stairs = ['green', 'yellow', 'yellow', 'red', 'red', 'shed'];
    expect(around([1_000, 5_000, 10_000], 67)).toEqual(stairs);
    expect(around([500, 2_000, 5_000], 50)).toEqual(stairs);
    expect(around([100, 500, 1_000], 33)).toEqual(stairs);
  });

  it('takes 34 to 66 for medium', () => {
    expect([33, 34, 66, 67].map((priority) => zoneOf(400, priority))).toEqual(['yellow', 'green', 'green', 'green']);
    expect([33, 34, 66, 67].map((priority) => zoneOf(900, priority))).toEqual(['red', 'yellow', 'yellow', 'green']);
  });

  it('never gets better with more waiting, nor worse with a higher priority', () => {
    const backlog = fc.nat(20_000);
    const priority = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(backlog, backlog, priority, priority, (a, b, p, q) => {
        const badness = (waiting: number, at: number): number => ZONES.indexOf(zoneOf(waiting, at));
        expect(badness(Math.min(a, b), p)).toBeLessThanOrEqual(badness(Math.max(a, b), p));
        expect(badness(a, Math.max(p, q))).toBeLessThanOrEqual(badness(a, Math.min(p, q)));
      }),
    );
  });
});
