import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPropertyQuota } from './ga4Quota.js';
import { judgeGa4Refusal } from './judgeGa4Refusal.js';

const HOUR_MS = 3_600_000;
/** Ten minutes past the hour. */
const NOW_MS = 472_222 * HOUR_MS + 600_000;

interface Told {
  readonly retryAfterMs?: number;
  readonly message?: string;
  readonly details?: readonly object[];
}

function judge(httpStatus: number, status: string | null, { retryAfterMs, ...told }: Told = {}, seen = null) {
  const body = status === null ? '<html>' : JSON.stringify({ error: { code: httpStatus, status, ...told } });
  return judgeGa4Refusal({ status: httpStatus, retryAfterMs: retryAfterMs ?? null, body }, seen, NOW_MS);
}

const google = (name: string, more: object) => ({ '@type': `type.googleapis.com/google.rpc.${name}`, ...more });

describe('judgeGa4Refusal', () => {
  it('waits for as long as the header says, else the details', () => {
    const details = [google('RetryInfo', { retryDelay: '1.5s' })];
    expect(judge(429, 'RESOURCE_EXHAUSTED', { retryAfterMs: 7_000, details })).toEqual({
      kind: 'paced',
      status: 'RESOURCE_EXHAUSTED',
      retryAfterMs: 7_000,
      ofProperty: false,
    });
    expect(judge(429, 'RESOURCE_EXHAUSTED', { details })).toMatchObject({ retryAfterMs: 1_500 });
    expect(judge(429, null)).toEqual({ kind: 'paced', status: 'HTTP 429', retryAfterMs: null, ofProperty: false });
  });

  it('waits for the quota that GA4 names when it says no more', () => {
    const waitFor = (message: string) => judge(429, 'RESOURCE_EXHAUSTED', { message });
    const hour = 'Exhausted property tokens for a project per hour. These quota tokens will return in under an hour.';
    expect(waitFor(hour)).toMatchObject({ retryAfterMs: 3_000_000, ofProperty: true });
    expect(waitFor('Exhausted property tokens per day.')).toMatchObject({ retryAfterMs: HOUR_MS, ofProperty: true });
    expect(waitFor('Exhausted concurrent requests quota.')).toMatchObject({ retryAfterMs: 2_000 });
    expect(waitFor('Quota exceeded for requests per minute.')).toMatchObject({ retryAfterMs: null, ofProperty: false });
  });

  it('waits by the quotas that were seen last when GA4 names none', () => {
    const quota = readPropertyQuota({ tokensPerHour: { consumed: 10, remaining: 0 } });
    if (quota === null) throw new Error('no quota');
    const refusal = { status: 429, retryAfterMs: null, body: '{"error":{"status":"RESOURCE_EXHAUSTED"}}' };
    expect(judgeGa4Refusal(refusal, { quota, atMs: NOW_MS - 1_000 }, NOW_MS)).toMatchObject({
      retryAfterMs: 3_000_000,
      ofProperty: true,
    });
    expect(judgeGa4Refusal(refusal, { quota, atMs: NOW_MS - HOUR_MS }, NOW_MS)).toMatchObject({ retryAfterMs: null });
  });

  it('takes a 503 that says when, and a rate limit under another status, for pacing too', () => {
    expect(judge(503, 'UNAVAILABLE', { retryAfterMs: 3_000 })).toMatchObject({ kind: 'paced', retryAfterMs: 3_000 });
    const details = [google('ErrorInfo', { reason: 'RATE_LIMIT_EXCEEDED' })];
    expect(judge(403, 'PERMISSION_DENIED', { details })).toMatchObject({ kind: 'paced' });
  });

  it('tries again after what is the server’s fault', () => {
    const passing = [
      [500, 'INTERNAL'],
      [503, 'UNAVAILABLE'],
      [504, 'DEADLINE_EXCEEDED'],
      [409, 'ABORTED'],
      [502, null],
      [408, null],
    ] as const;
    for (const [httpStatus, status] of passing) expect(judge(httpStatus, status)).toMatchObject({ kind: 'failed' });
  });

  it('gives up on what no second try mends, and passes on what Google says of the request alone', () => {
    const message = 'Field colour is not a valid dimension.';
    expect(judge(400, 'INVALID_ARGUMENT', { message })).toEqual({
      kind: 'refused',
      status: 'INVALID_ARGUMENT',
      said: message,
    });
    expect(judge(403, 'PERMISSION_DENIED', { message })).toEqual({
      kind: 'refused',
      status: 'PERMISSION_DENIED',
      said: null,
    });
    for (const [httpStatus, status] of [
      [401, 'UNAUTHENTICATED'],
      [404, 'NOT_FOUND'],
      [302, null],
      [404, null],
    ] as const) {
      expect(judge(httpStatus, status)).toMatchObject({ kind: 'refused', said: null });
    }
    const long = judge(400, 'INVALID_ARGUMENT', { message: 'x'.repeat(9_999) });
    expect(long).toMatchObject({ said: 'x'.repeat(500) });
  });

  it('has a verdict on whatever comes, and never asks to wait longer than an hour by itself', () => {
    const error = fc.record({
      status: fc.constantFrom('RESOURCE_EXHAUSTED', 'INTERNAL', 'NOT_FOUND', 'no such status'),
      message: fc.oneof(fc.string(), fc.constantFrom('Exhausted per day', 'Exhausted per hour')),
      details: fc.array(fc.record({ '@type': fc.string(), retryDelay: fc.anything() })),
    });
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      error.map((told) => JSON.stringify({ error: told })),
    );
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), body, fc.nat(), (status, text, nowMs) => {
        const verdict = judgeGa4Refusal({ status, retryAfterMs: null, body: text }, null, nowMs);
        if (verdict.kind !== 'paced' || verdict.retryAfterMs === null) return;
        expect(verdict.retryAfterMs).toSatisfy((ms: number) => ms > 0 && ms <= HOUR_MS);
      }),
    );
  });
});
