import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RETRY_POLICY } from '../contracts/retryPolicy.js';
import { ERROR_CODES, FAILURE_KIND_OF } from '../errors/errorCode.js';
import { askedWaitMs, decideAfterFailure, MAX_DEFERRALS, MAX_RETRY_AFTER_MS } from './retry.js';

const policies = fc.record({
  maxRetries: fc.nat(24),
  baseMs: fc.integer({ min: 1, max: 60_000 }),
  capMs: fc.integer({ min: 1, max: 3_600_000 }),
});
const failures = fc.record({
  code: fc.constantFrom(...ERROR_CODES),
  retryAfterMs: fc.option(fc.integer({ min: -1_000, max: 10 * MAX_RETRY_AFTER_MS })),
});
const histories = fc.record({ failures: fc.integer({ min: 1, max: 100 }), deferrals: fc.nat(2 * MAX_DEFERRALS) });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const transient = { code: 'attempt_failed', retryAfterMs: null } as const;

describe('decideAfterFailure', () => {
  it('retries by default three times, at most 2, 4 and 8 s later, and then buries as exhausted', () => {
    const latest = (failure: number): unknown =>
      decideAfterFailure(transient, { failures: failure, deferrals: 0 }, DEFAULT_RETRY_POLICY, () => 0.999_999_9);
    expect([1, 2, 3, 4].map(latest)).toEqual([
      { kind: 'retry', delayMs: 1_999 },
      { kind: 'retry', delayMs: 3_999 },
      { kind: 'retry', delayMs: 7_999 },
      { kind: 'bury', category: 'exhausted' },
    ]);
  });

  it('spreads a retry over the whole of its window, from zero on', () => {
    const at = (random: number): unknown =>
      decideAfterFailure(transient, { failures: 2, deferrals: 0 }, DEFAULT_RETRY_POLICY, () => random);
    expect([0, 0.25, 0.5].map(at)).toEqual([0, 1_000, 2_000].map((delayMs) => ({ kind: 'retry', delayMs })));
  });

  it('never waits beyond the cap, and always a whole number of ms', () => {
    fc.assert(
      fc.property(failures, histories, policies, randoms, (failure, history, policy, random) => {
        const verdict = decideAfterFailure(failure, history, policy, () => random);
        if (verdict.kind === 'bury') return;
        expect(Number.isSafeInteger(verdict.delayMs)).toBe(true);
        expect(verdict.delayMs).toBeGreaterThanOrEqual(0);
        expect(verdict.delayMs).toBeLessThanOrEqual(verdict.kind === 'retry' ? policy.capMs : MAX_RETRY_AFTER_MS * 1.1);
      }),
    );
  });

  it('ends for every job: whatever fails, no job gets more than its retries and its deferrals', () => {
    fc.assert(
      fc.property(failures, policies, randoms, (failure, policy, random) => {
        let history = { failures: 0, deferrals: 0 };
        for (;;) {
          const verdict = decideAfterFailure(
            failure,
            { ...history, failures: history.failures + 1 },
            policy,
            () => random,
          );
          if (verdict.kind === 'bury') break;
          if (verdict.kind === 'retry') history = { ...history, failures: history.failures + 1 };
          else history = { ...history, deferrals: history.deferrals + 1 };
          expect(history.failures).toBeLessThanOrEqual(policy.maxRetries);
          expect(history.deferrals).toBeLessThanOrEqual(MAX_DEFERRALS);
        }
      }),
    );
  });

  it('buries at once what is permanent, whatever retries are left', () => {
    for (const code of ERROR_CODES.filter((candidate) => FAILURE_KIND_OF[candidate] === 'permanent')) {
      const verdict = decideAfterFailure(
        { code, retryAfterMs: null },
        { failures: 1, deferrals: 0 },
        DEFAULT_RETRY_POLICY,
        () => 0,
      );
      expect(verdict).toEqual({ kind: 'bury', category: 'permanent' });
    }
  });

  it('gives an upstream the wait that it asks for and at most a tenth more, at the cost of no retry', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: MAX_RETRY_AFTER_MS }),
        fc.nat(MAX_DEFERRALS - 1),
        randoms,
        (retryAfterMs, deferrals, random) => {
          const verdict = decideAfterFailure(
            { code: 'upstream_paced', retryAfterMs },
            { failures: 1_000, deferrals },
            DEFAULT_RETRY_POLICY,
            () => random,
          );
          expect(verdict.kind).toBe('defer');
          if (verdict.kind !== 'defer') return;
          expect(verdict.delayMs).toBeGreaterThanOrEqual(retryAfterMs);
          expect(verdict.delayMs).toBeLessThanOrEqual(Math.ceil(retryAfterMs * 1.1));
        },
      ),
    );
  });

  it('doubles the wait with every deferral where the upstream names no time, to the cap', () => {
    const untold = { code: 'upstream_paced', retryAfterMs: null } as const;
    const after = (deferrals: number): unknown =>
      decideAfterFailure(untold, { failures: 1, deferrals }, DEFAULT_RETRY_POLICY, () => 0);
    expect([0, 1, 2, 3, 4, 5, 99].map(after)).toEqual(
      [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000].map((delayMs) => ({ kind: 'defer', delayMs })),
    );
  });

  it('holds an upstream that never lets go to the rules of failing', () => {
    const paced = { code: 'upstream_paced', retryAfterMs: 1_000 } as const;
    const after = (count: number): string =>
      decideAfterFailure(paced, { failures: count, deferrals: MAX_DEFERRALS }, DEFAULT_RETRY_POLICY, () => 0).kind;
    expect([1, 2, 3, 4].map(after)).toEqual(['retry', 'retry', 'retry', 'bury']);
  });

  it('names a job that ran out of time each time apart from one that merely failed', () => {
    const verdict = decideAfterFailure(
      { code: 'attempt_timed_out', retryAfterMs: null },
      { failures: 4, deferrals: 0 },
      DEFAULT_RETRY_POLICY,
      () => 0,
    );
    expect(verdict).toEqual({ kind: 'bury', category: 'timeout' });
  });
});

describe('askedWaitMs', () => {
  it('is what was asked for, else grows to the cap and never shrinks, and is bounded by an hour', () => {
    fc.assert(
      fc.property(policies, fc.nat(2_000), fc.option(fc.integer({ min: -5, max: 1e9 })), (policy, deferrals, asked) => {
        const waitMs = askedWaitMs(asked, deferrals, policy);
        expect(waitMs).toSatisfy((ms: number) => Number.isSafeInteger(ms) && ms >= 0 && ms <= MAX_RETRY_AFTER_MS);
        if (asked !== null) expect(waitMs).toBe(Math.min(Math.max(asked, 0), MAX_RETRY_AFTER_MS));
        else expect(waitMs).toBeGreaterThanOrEqual(askedWaitMs(null, Math.max(0, deferrals - 1), policy));
      }),
    );
  });
});
