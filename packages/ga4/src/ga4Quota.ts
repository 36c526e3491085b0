import type { Ga4PropertyQuota } from './contract/ga4PropertyQuota.js';
import { ga4PropertyQuotaSchema } from './contract/ga4PropertyQuota.js';

/** Name of a property's quota. */
export type Ga4QuotaName = keyof Ga4PropertyQuota;

/** A property's quotas from a response, with its time. */
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

/** Concurrent requests end within seconds: this long after the response the count is out of date, in ms. */
const CONCURRENT_MS = 2_000;

/** The order of the checks: the longest wait first. */
const LASTING: readonly Ga4QuotaName[] = [
  'tokensPerDay',
  'tokensPerHour',
  'tokensPerProjectPerHour',
  'serverErrorsPerProjectPerHour',
  'concurrentRequests',
];

/** The quotas that stay exhausted for longer. */
const TOKENS = LASTING.filter((quota) => quota !== 'concurrentRequests');

/** Parses the `propertyQuota` of a response; null when it is missing or invalid. */
export function readPropertyQuota(propertyQuota: unknown): Ga4PropertyQuota | null {
  const parsed = ga4PropertyQuotaSchema.safeParse(propertyQuota);
  return parsed.success ? parsed.data : null;
}

/**
 * Whether a property may be called, by the quotas of its latest response. Unknown or outdated quotas do not prevent
 * calls: GA4 itself rejects them. The quota on thresholded dimensions affects few reports, so it does not either.
 */
export function mayCall(seen: SeenQuota | null, nowMs: number): CallVerdict {
  return judgeBy(LASTING, seen, nowMs);
}

/**
 * How long calls to a property will be rejected, in ms; 0 when it may be called: `mayCall`, checked before a call. The
 * number of concurrent requests at the end of an earlier one says nothing about now, and prevents none.
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
 * How long after `atMs` to retry a quota that was exhausted then, in ms: hourly quotas reset with the next hour; the
 * daily one resets at midnight of Google's time, so it is retried hourly.
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
