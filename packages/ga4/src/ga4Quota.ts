import type { Ga4PropertyQuota } from './contract/ga4PropertyQuota.js';
import { ga4PropertyQuotaSchema } from './contract/ga4PropertyQuota.js';

/** Which of a property's quotas has run out. */
export type Ga4QuotaName = keyof Ga4PropertyQuota;

/** A property's quotas as an answer told them, with when. */
export interface SeenQuota {
  readonly quota: Ga4PropertyQuota;
  /** Unix time in ms. */
  readonly atMs: number;
}

/** Whether a property may be called. */
export type CallVerdict =
  | { readonly kind: 'call' }
  | { readonly kind: 'wait'; readonly quota: Ga4QuotaName; readonly waitMs: number };

const HOUR_MS = 3_600_000;

/** Requests that run at once end after some seconds: so long after the answer the count says nothing any more, in ms. */
const CONCURRENT_MS = 2_000;

/** In this order they are looked at: the longest wait first. */
const LASTING: readonly Ga4QuotaName[] = [
  'tokensPerDay',
  'tokensPerHour',
  'tokensPerProjectPerHour',
  'serverErrorsPerProjectPerHour',
  'concurrentRequests',
];

/** Those that last. */
const TOKENS = LASTING.filter((quota) => quota !== 'concurrentRequests');

/** The `propertyQuota` of an answer; null when there is none that can be read. */
export function readPropertyQuota(propertyQuota: unknown): Ga4PropertyQuota | null {
  const parsed = ga4PropertyQuotaSchema.safeParse(propertyQuota);
  return parsed.success ? parsed.data : null;
}

/**
 * Whether a property may be called, by the latest quotas that an answer told. Quotas that nobody has seen, or whose time
 * is over, hold nobody back: GA4 itself refuses. The quota on thresholded dimensions concerns few reports, so it does not.
 */
export function mayCall(seen: SeenQuota | null, nowMs: number): CallVerdict {
  return judgeBy(LASTING, seen, nowMs);
}

/**
 * How long a property is not worth a call, in ms, 0 when it may be: `mayCall`, asked before a call. How many requests ran at once
 * when another ended says nothing of now, and refuses none.
 */
export function lastingWaitMs(seen: SeenQuota | null, nowMs: number): number {
  const verdict = judgeBy(TOKENS, seen, nowMs);
  return verdict.kind === 'wait' ? verdict.waitMs : 0;
}

function judgeBy(quotas: readonly Ga4QuotaName[], seen: SeenQuota | null, nowMs: number): CallVerdict {
  if (seen === null) return { kind: 'call' };
  for (const quota of quotas) {
    const status = seen.quota[quota];
    if (status === null || status.remaining > 0) continue;
    const waitMs = seen.atMs + quotaWaitMs(quota, seen.atMs) - nowMs;
    if (waitMs > 0) return { kind: 'wait', quota, waitMs };
  }
  return { kind: 'call' };
}

/**
 * How long after `atMs` a quota that was exhausted then is worth another try, in ms: hourly ones return with the next
 * hour; the daily one returns at midnight of Google's time, so it is tried hourly.
 */
export function quotaWaitMs(quota: Ga4QuotaName, atMs: number): number {
  switch (quota) {
    case 'concurrentRequests':
      return CONCURRENT_MS;
    case 'tokensPerDay':
      return HOUR_MS;
    case 'tokensPerHour':
    case 'tokensPerProjectPerHour':
    case 'serverErrorsPerProjectPerHour':
    case 'potentiallyThresholdedRequestsPerHour':
      return HOUR_MS - (atMs % HOUR_MS);
  }
}
