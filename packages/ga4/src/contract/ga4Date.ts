/** A date for GA4: a calendar day, or one relative to today in the property's time zone. */
export type Ga4Date =
  | { readonly kind: 'day'; readonly utcMs: number }
  | { readonly kind: 'relative'; readonly daysAgo: number };

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAYS_AGO = /^(\d{1,5})daysAgo$/;

/**
 * Parses `YYYY-MM-DD`, `NdaysAgo`, `yesterday` or `today`; null for everything else, including days that do not exist.
 * Google Analytics Data API v1beta, DateRange.
 */
export function readGa4Date(text: string): Ga4Date | null {
  if (text === 'today') return { kind: 'relative', daysAgo: 0 };
  if (text === 'yesterday') return { kind: 'relative', daysAgo: 1 };
  const ago = DAYS_AGO.exec(text)?.[1];
  if (ago !== undefined) return { kind: 'relative', daysAgo: Number(ago) };
  const [, year, month, day] = DAY.exec(text) ?? [];
  if (year === undefined) return null;
  const utcMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return new Date(utcMs).toISOString().startsWith(text) ? { kind: 'day', utcMs } : null;
}

/**
 * Whether a range certainly ends before it starts. A calendar day and a relative date cannot be compared without a
 * clock and the property's time zone; GA4 itself validates those.
 */
export function isBackwards(start: Ga4Date, end: Ga4Date): boolean {
  if (start.kind === 'day' && end.kind === 'day') return start.utcMs > end.utcMs;
  if (start.kind === 'relative' && end.kind === 'relative') return start.daysAgo < end.daysAgo;
  return false;
}
