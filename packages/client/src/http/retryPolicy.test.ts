import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FailedRequest } from './retryPolicy.js';
import { DEFAULT_RETRY, decideRetry } from './retryPolicy.js';

const least = (): number => 0;
const most = (): number => 1 - 2 ** -53;

function failed(status: number | null, more: Partial<FailedRequest> & { retryAfterMs?: number } = {}): FailedRequest {
  const { retryAfterMs = null, ...others } = more;
  const code = status === null ? 'network' : `http_${status}`;
  return { error: { status, code, retryAfterMs }, attempt: 1, elapsedMs: 0, repeatable: true, ...others };
}

const decide = (request: FailedRequest, random = most) => decideRetry(request, DEFAULT_RETRY, random);

describe('decideRetry', () => {
  it('repeats network errors, 429, 502, 503 and 504, and nothing else', () => {
    const repeated = [null, 429, 502, 503, 504];
    for (const status of repeated) expect(decide(failed(status)).kind, String(status)).toBe('retry');
    for (const status of [200, 400, 401, 403, 404, 409, 410, 413, 422, 500, 501]) {
      expect(decide(failed(status)).kind, String(status)).toBe('give-up');
    }
  });

  it('waits for a first request with the same Idempotency-Key', () => {
    const error = { status: 409, code: 'idempotency_in_progress', retryAfterMs: 1_000 };
    expect(decide({ ...failed(409), error }, least)).toEqual({ kind: 'retry', delayMs: 1_000 });
  });

  it('repeats what must not be done twice only when it was refused', () => {
    for (const status of [429, 503]) expect(decide(failed(status, { repeatable: false })).kind).toBe('retry');
    for (const status of [null, 502, 504]) expect(decide(failed(status, { repeatable: false })).kind).toBe('give-up');
  });

  it('never comes back before the time that the server asks for', () => {
    fc.assert(
      fc.property(
        fc.nat(60_000),
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (retryAfterMs, attempt, random) => {
          const verdict = decide(failed(503, { retryAfterMs, attempt }), () => random);
          if (verdict.kind === 'retry') expect(verdict.delayMs).toBeGreaterThanOrEqual(retryAfterMs);
        },
      ),
    );
  });

  it('doubles the ceiling of its delay up to the cap', () => {
    const delays = [1, 2, 3, 4, 5].map((attempt) => decide(failed(502, { attempt })));
    expect(delays.map((verdict) => verdict.kind === 'retry' && Math.round(verdict.delayMs))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000,
    ]);
    expect(decide(failed(502), least)).toEqual({ kind: 'retry', delayMs: 0 });
  });

  it('gives up after its retries, and when the wait would end after its time', () => {
    expect(decide(failed(502, { attempt: 6 })).kind).toBe('give-up');
    expect(decide(failed(502, { elapsedMs: 60_000 })).kind).toBe('give-up');
    expect(decide(failed(503, { retryAfterMs: 61_000 })).kind).toBe('give-up');
  });
});
