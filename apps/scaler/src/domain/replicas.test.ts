import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplicaDecision, ReplicaObservation, ReplicaPast, ReplicaPolicy } from './replicas.js';
import { decideReplicas, NO_REPLICA_PAST, runnableJobs, takeOverReplicas } from './replicas.js';

const policy: ReplicaPolicy = { minReplicas: 1, maxReplicas: 10, targetUtilisation: 0.8, shrinkWindowMs: 60_000 };
const seen = (runnable: number, atMs = 0, capacities = [10]): ReplicaObservation => ({ runnable, capacities, atMs });
const before = (replicas: number): ReplicaPast => ({ replicas, recommendations: [] });

describe('runnableJobs', () => {
  it('counts nothing for ten thousand tenants without work, though each keeps a slot', () => {
    const idle = Array.from({ length: 10_000 }, () => runnableJobs({ waiting: 0, active: 0, slots: 1 }, 4));
    expect(Math.max(...idle)).toBe(0);
  });

  it('counts what a tenant has, but no more than its slots run', () => {
    expect(runnableJobs({ waiting: 2, active: 1, slots: 1 }, 4)).toBe(3);
    expect(runnableJobs({ waiting: 900, active: 4, slots: 2 }, 4)).toBe(8);
  });
});

describe('decideReplicas', () => {
  it.each([
    [0, 1],
    [8, 1],
    [9, 2],
    [40, 5],
    [41, 6],
    [10_000, 10],
  ])('gives %i runnable jobs %i processes of 10 jobs each, at 80 %%', (runnable, replicas) => {
    expect(decideReplicas(seen(runnable), before(1), policy).decision.replicas).toBe(replicas);
  });

  it('keeps no process only where the least is 0, and then one as soon as there is a job', () => {
    const toZero = { ...policy, minReplicas: 0 };
    expect(decideReplicas(seen(0, 0, []), before(0), toZero).decision).toMatchObject({ kind: 'hold', replicas: 0 });
    expect(decideReplicas(seen(500, 0, []), before(0), toZero).decision).toMatchObject({ kind: 'grow', replicas: 1 });
    expect(decideReplicas(seen(0, 0, []), before(0), policy).decision.replicas).toBe(1);
  });

  it('shrinks to the highest recommendation of the window, and on when that has passed', () => {
    let past: ReplicaPast = before(1);
    const at = (runnable: number, atMs: number): ReplicaDecision => {
      const next = decideReplicas(seen(runnable, atMs), past, policy);
      past = next.past;
      return next.decision;
    };
    expect(at(40, 0)).toMatchObject({ kind: 'grow', from: 1, replicas: 5 });
    expect(at(20, 30_000)).toMatchObject({ kind: 'hold', because: 'stabilising', replicas: 5 });
    expect(at(0, 59_999)).toMatchObject({ kind: 'hold', because: 'stabilising', replicas: 5 });
    expect(at(0, 60_000)).toMatchObject({ kind: 'shrink', from: 5, replicas: 3 });
    expect(at(0, 90_000)).toMatchObject({ kind: 'shrink', from: 3, replicas: 1 });
    expect(at(0, 300_000)).toMatchObject({ kind: 'hold', because: 'enough', replicas: 1 });
  });

  it('lets a new leader begin with the processes that run', () => {
    const taken = takeOverReplicas(NO_REPLICA_PAST, 4, 5, policy);
    const first = decideReplicas(seen(0, 5), taken, policy);
    expect(first.decision).toMatchObject({ kind: 'hold', because: 'stabilising', replicas: 4 });
    const later = decideReplicas(seen(0, 60_005), first.past, policy);
    expect(later.decision).toMatchObject({ kind: 'shrink', replicas: 1 });
  });

  it('lets a leader that leads again remember what it wanted, when nobody knows of any process', () => {
    const { past } = decideReplicas(seen(40, 0), before(1), policy);
    expect(takeOverReplicas(past, 0, 10_000, policy).replicas).toBe(5);
    expect(takeOverReplicas(past, 0, 60_000, policy).replicas).toBe(1);
    expect(takeOverReplicas(past, 99, 10_000, policy).replicas).toBe(10);
  });

  it('says its figures to people', () => {
    expect(decideReplicas(seen(41, 0, [10, 9]), before(1), policy).decision.reason).toBe(
      '41 jobs would run at once, 9.5 per process at 80 %: 6 wanted, 1 to 10 allowed',
    );
  });
});

const policies = fc
  .record({
    minReplicas: fc.nat(20),
    more: fc.nat(50),
    percent: fc.integer({ min: 1, max: 100 }),
    shrinkWindowMs: fc.nat(10_000),
  })
  .map(
    ({ minReplicas, more, percent, shrinkWindowMs }): ReplicaPolicy => ({
      minReplicas,
      maxReplicas: Math.max(1, minReplicas + more),
      targetUtilisation: percent / 100,
      shrinkWindowMs,
    }),
  );
const histories = fc.array(
  fc.record({
    runnable: fc.nat(5_000),
    capacities: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 8 }),
    afterMs: fc.nat(5_000),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Replays a history; returns all decisions, each with its observation. */
function replay(history: readonly { runnable: number; capacities: number[]; afterMs: number }[], rules: ReplicaPolicy) {
  let past = NO_REPLICA_PAST;
  let atMs = 0;
  return history.map(({ afterMs, ...one }) => {
    atMs += afterMs;
    const observation = { ...one, atMs };
    const next = decideReplicas(observation, past, rules);
    past = next.past;
    return { observation, decision: next.decision, kept: past.recommendations.length };
  });
}

describe('decideReplicas, for every history', () => {
  it('stays within the bounds, and never has nobody for a job that could run', () => {
    fc.assert(
      fc.property(histories, policies, (history, rules) => {
        for (const { observation, decision } of replay(history, rules)) {
          expect(decision.replicas).toBeGreaterThanOrEqual(rules.minReplicas);
          expect(decision.replicas).toBeLessThanOrEqual(rules.maxReplicas);
          if (observation.runnable > 0) expect(decision.replicas).toBeGreaterThanOrEqual(1);
        }
      }),
    );
  });

  it('gives what is needed at once, and never more than was needed at some moment of the window', () => {
    fc.assert(
      fc.property(histories, policies, (history, rules) => {
        const decided = replay(history, rules);
        const needs = decided.map(({ observation }) => {
          const fresh = { replicas: 0, recommendations: [] };
          return decideReplicas(observation, fresh, { ...rules, shrinkWindowMs: 0 }).decision.replicas;
        });
        for (const [index, { observation, decision }] of decided.entries()) {
          expect(decision.replicas).toBeGreaterThanOrEqual(needs[index] ?? 0);
          const inWindow = decided.flatMap((other, at) =>
            at <= index && observation.atMs - other.observation.atMs < rules.shrinkWindowMs ? [needs[at] ?? 0] : [],
          );
          expect(decision.replicas).toBeLessThanOrEqual(Math.max(...inWindow, needs[index] ?? 0));
        }
      }),
    );
  });

  it('remembers no more than there are numbers of processes', () => {
    fc.assert(
      fc.property(histories, policies, (history, rules) => {
        for (const { kept } of replay(history, rules)) expect(kept).toBeLessThanOrEqual(rules.maxReplicas + 1);
      }),
    );
  });

  it('changes nothing while what it sees does not change', () => {
    fc.assert(
      fc.property(histories, policies, (history, rules) => {
        const last = { ...(history.at(-1) ?? { runnable: 0, capacities: [] }), afterMs: rules.shrinkWindowMs + 1 };
        const [settled, again] = replay([...history, last, last, last], rules).slice(-2);
        expect(settled?.decision.replicas).toBe(again?.decision.replicas);
        expect(again?.decision.kind).toBe('hold');
      }),
    );
  });
});
