import type { SluiceError } from '../sluiceError.js';

/** How often and how long a request is repeated that failed for a passing reason. */
export interface RetryOptions {
  /** Repetitions after the first request; 5 by default. */
  readonly maxRetries: number;
  /** Ceiling of the first delay, in ms; 500 by default. It doubles with each repetition. */
  readonly baseMs: number;
  /** Ceiling of every delay, in ms; 15,000 by default. */
  readonly capMs: number;
  /** No request begins this long after the first one, in ms; 60,000 by default. */
  readonly maxElapsedMs: number;
}

/** Five repetitions within a minute. */
export const DEFAULT_RETRY: RetryOptions = { maxRetries: 5, baseMs: 500, capMs: 15_000, maxElapsedMs: 60_000 };

/** What follows from a failed request. */
export type RetryVerdict = { readonly kind: 'retry'; readonly delayMs: number } | { readonly kind: 'give-up' };

/** A failed request, as far as the decision needs it. */
export interface FailedRequest {
  readonly error: Pick<SluiceError, 'status' | 'code' | 'retryAfterMs'>;
  /** Requests sent so far, from 1. */
  readonly attempt: number;
  /** Since the first request began, in ms. */
  readonly elapsedMs: number;
  /** Whether doing it twice is the same as doing it once. */
  readonly repeatable: boolean;
}

const REFUSED_FOR_NOW = new Set([429, 503]);
const GATEWAY_FAILED = new Set([502, 504]);

/** Whether the same request may succeed later. */
export function isTransient({ status, code }: Pick<SluiceError, 'status' | 'code'>): boolean {
  if (status === null) return code === 'network' || code === 'timeout';
  return REFUSED_FOR_NOW.has(status) || GATEWAY_FAILED.has(status) || code === 'idempotency_in_progress';
}

/**
 * Whether and when to repeat a request. Pure. A request that is not repeatable is repeated only when it was refused: after a
 * network error nobody knows whether it was carried out.
 * @param random uniform in [0, 1)
 */
export function decideRetry(failed: FailedRequest, policy: RetryOptions, random: () => number): RetryVerdict {
  const { error, attempt, elapsedMs, repeatable } = failed;
  if (!isTransient(error) || attempt > policy.maxRetries) return { kind: 'give-up' };
  if (!repeatable && !(error.status !== null && REFUSED_FOR_NOW.has(error.status))) return { kind: 'give-up' };
  const delayMs = retryDelayMs(error.retryAfterMs, attempt, policy, random);
  return elapsedMs + delayMs > policy.maxElapsedMs ? { kind: 'give-up' } : { kind: 'retry', delayMs };
}

/**
 * Full jitter, uniform in [0, min(capMs, baseMs * 2^(attempt-1))): Brooker, AWS Architecture Blog, 2015. A server that says when
 * to come back is obeyed; up to `baseMs` is added so that its clients do not come back all at once.
 */
export function retryDelayMs(
  retryAfterMs: number | null,
  attempt: number,
  { baseMs, capMs }: Pick<RetryOptions, 'baseMs' | 'capMs'>,
  random: () => number,
): number {
  if (retryAfterMs !== null) return retryAfterMs + random() * baseMs;
  return random() * Math.min(capMs, baseMs * 2 ** (attempt - 1));
}
