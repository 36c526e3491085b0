import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TENANT_ROLES } from '../contracts/identity.js';
import { MAX_RULE_POINTS } from '../contracts/priorityRules.js';
import type { Ranked } from './priority.js';
import { ERA_S, epochAt, LAST_QUEUE_PRIORITY, queuePriority, SPREAD_S, scoreOf } from './priority.js';

const NOW_MS = Date.UTC(2026, 10, 21);
const DAY_MS = 86_400_000;

const moments = fc.integer({ min: 0, max: 400 * DAY_MS }).map((ms) => NOW_MS + ms);
const ranked = (since: fc.Arbitrary<number>): fc.Arbitrary<Ranked> =>
  fc.record({
    role: fc.constantFrom(...TENANT_ROLES),
    priority: fc.integer({ min: 0, max: 100 }),
    sinceMs: since,
    rulePoints: fc.integer({ min: -MAX_RULE_POINTS, max: MAX_RULE_POINTS }),
  });

/** A moment, and jobs that have waited for up to twelve days at that moment. */
const waiting = moments.chain((nowMs) =>
  fc.record({
    nowMs: fc.constant(nowMs),
    jobs: fc.array(ranked(fc.integer({ min: 0, max: 12 * DAY_MS }).map((age) => nowMs - age)), { minLength: 2 }),
  }),
);

describe('queuePriority', () => {
  it('orders jobs exactly as their scores do, whenever they came within the last twelve days', () => {
    fc.assert(
      fc.property(waiting, ({ nowMs, jobs }) => {
        const epoch = epochAt(nowMs);
        for (const [index, job] of jobs.entries()) {
          const next = jobs[index + 1] ?? job;
          expect(queuePriority(job, epoch) - queuePriority(next, epoch)).toBe(scoreOf(job) - scoreOf(next));
        }
      }),
    );
  });

  it('is a whole number of BullMQ for every job, so that none jumps the queue by having none', () => {
    const anyJob = ranked(fc.integer({ min: 0, max: NOW_MS * 2 }));
    fc.assert(
      fc.property(anyJob, moments, (job, nowMs) => {
        const number = queuePriority(job, epochAt(nowMs));
        expect(Number.isInteger(number) && number >= 1 && number <= LAST_QUEUE_PRIORITY).toBe(true);
      }),
    );
  });

  it('lets no job overtake one that came earlier by more than the spread', () => {
    fc.assert(
      fc.property(
        ranked(fc.constant(NOW_MS)),
        ranked(fc.integer({ min: SPREAD_S * 1_000, max: 5 * DAY_MS }).map((ms) => NOW_MS + ms)),
        (early, late) => {
          const epoch = epochAt(late.sinceMs);
          expect(queuePriority(early, epoch)).toBeLessThanOrEqual(queuePriority(late, epoch));
        },
      ),
    );
    const plain = { priority: 50, rulePoints: 0 };
    const viewer = scoreOf({ ...plain, role: 'viewer', priority: 0, sinceMs: NOW_MS });
    const owner = scoreOf({ ...plain, role: 'owner', priority: 100, sinceMs: NOW_MS + 25_000_000 });
    expect(owner).toBe(viewer);
  });

  it('moves a job that is scored anew for the next era by exactly one era', () => {
    fc.assert(
      fc.property(waiting, ({ nowMs, jobs }) => {
        for (const job of jobs) {
          const before = queuePriority(job, epochAt(nowMs));
          const after = queuePriority(job, epochAt(nowMs + ERA_S * 1_000));
          expect(after).toBe(Math.max(1, before - ERA_S));
        }
      }),
    );
  });
});

describe('scoreOf', () => {
  it('is the requirement: one point a second, roles at -10000, -5000, 0 and +5000, 100 points a step of priority', () => {
    const job = { role: 'member', priority: 0, sinceMs: 1_000_500, rulePoints: 0 } as const;
    expect(scoreOf(job)).toBe(1_000);
    expect(TENANT_ROLES.map((role) => scoreOf({ ...job, role }) - 1_000).sort((a, b) => a - b)).toEqual([
      -10_000, -5_000, 0, 5_000,
    ]);
    expect(scoreOf({ ...job, priority: 75 })).toBe(1_000 - 7_500);
    expect(scoreOf({ ...job, rulePoints: -9_999 })).toBe(1_000 - MAX_RULE_POINTS);
  });
});
