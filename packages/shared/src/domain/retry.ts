import type { DeathCategory } from '../contracts/deadLetter.js';
import type { RetryPolicy } from '../contracts/retryPolicy.js';
import type { ErrorCode } from '../errors/errorCode.js';
import { FAILURE_KIND_OF } from '../errors/errorCode.js';

/** The facts about a failed attempt that decide what follows. */
export interface Failure {
  readonly code: ErrorCode;
  /** How long the upstream asked to wait, in ms; null when it did not. */
  readonly retryAfterMs: number | null;
}

/** The job's history before this failure. */
export interface FailureHistory {
  /** Failures that counted so far, this one included: 1 for the first. */
  readonly failures: number;
  /** Number of deferrals by upstreams so far. */
  readonly deferrals: number;
}

/** What happens to a job after a failed attempt. */
export type FailureVerdict =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'defer'; readonly delayMs: number }
  | { readonly kind: 'bury'; readonly category: DeathCategory };

/** Maximum number of deferrals by upstreams before pacing counts as a failure. */
export const MAX_DEFERRALS = 100;

/** Longest wait that an upstream may request at once, in ms: one hour. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * Decides what happens to a job after a failed attempt. Pure: no clock, no I/O.
 * Full jitter, uniform in [0, min(capMs, baseMs * 2^(failures-1))): Brooker, "Exponential Backoff And Jitter", 2015.
 * An upstream's requested wait is honoured, plus up to 10 % so that its waiters do not all return at once.
 * @param random source of [0, 1); tests pass a constant
 */
export function decideAfterFailure(
  failure: Failure,
  history: FailureHistory,
  policy: RetryPolicy,
  random: () => number,
): FailureVerdict {
  const kind = FAILURE_KIND_OF[failure.code];
  if (kind === 'permanent') return { kind: 'bury', category: 'permanent' };
  if (kind === 'paced' && history.deferrals < MAX_DEFERRALS) {
    return {
      kind: 'defer',
      delayMs: pacedDelayMs(askedWaitMs(failure.retryAfterMs, history.deferrals, policy), random),
    };
  }
  if (history.failures > policy.maxRetries) {
    return { kind: 'bury', category: failure.code === 'attempt_timed_out' ? 'timeout' : 'exhausted' };
  }
  const ceilingMs = Math.min(policy.capMs, policy.baseMs * 2 ** (history.failures - 1));
  return { kind: 'retry', delayMs: Math.floor(random() * ceilingMs) };
}

/**
 * How long to wait before calling an upstream that asked to wait, in ms: the requested time, at most an hour; if it
 * named none, baseMs * 2^deferrals, at most capMs. Pure.
 * @param deferrals number of earlier deferrals of the job
 */
export function askedWaitMs(
  retryAfterMs: number | null,
  deferrals: number,
  { baseMs, capMs }: Pick<RetryPolicy, 'baseMs' | 'capMs'>,
): number {
  const waitMs = retryAfterMs ?? Math.min(capMs, baseMs * 2 ** deferrals);
  return Math.ceil(Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS));
}

function pacedDelayMs(waitMs: number, random: () => number): number {
  return waitMs + Math.floor((waitMs / 10) * random());
}
