import { MAX_RETRY_AFTER_MS } from '../domain/retry.js';

/** All three forms of an HTTP date start with the day; RFC 9110, section 5.6.7. */
const STARTS_WITH_DAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * Parses the wait that a `Retry-After` field requests: whole seconds or an HTTP date (RFC 9110, section 10.2.3).
 * @param header the field's value, undefined when absent
 * @param nowMs unix time in ms, to which a date is compared
 * @returns 0 to {@link MAX_RETRY_AFTER_MS} ms; null when the field is absent or invalid
 */
export function readRetryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d+$/.test(text)) return clamp(Number(text) * 1_000);
  if (!STARTS_WITH_DAY.test(text)) return null;
  // The asctime form names no zone and means GMT; Date.parse would interpret it as local time.
  const atMs = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(atMs) ? null : clamp(atMs - nowMs);
}

function clamp(waitMs: number): number {
  return Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}
