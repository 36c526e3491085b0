/** What is remembered of a tenant's arrivals between two looks. */
export interface ArrivalMeter {
  /** Counter from which the next rate is measured. */
  readonly count: number;
  /** When it was read, on a clock that never jumps, in ms. */
  readonly atMs: number;
  /** The rate measured last; null before the first, and after the counter fell. */
  readonly perSecond: number | null;
}

/** A rate is measured over at least as long, in ms: the jobs of one moment are a backlog, not a rate. */
const MEASURE_OVER_MS = 5_000;

/**
 * Follows a counter that only grows. One that fell was lost with Redis, or its lane retired: the rate is unknown until
 * it has been watched anew.
 * @param meter as the call before returned it; null before the first
 * @param count jobs added ever
 */
export function measureArrivals(meter: ArrivalMeter | null, count: number, nowMs: number): ArrivalMeter {
  if (meter === null || count < meter.count) return { count, atMs: nowMs, perSecond: null };
  const elapsedMs = nowMs - meter.atMs;
  if (elapsedMs < MEASURE_OVER_MS) return meter;
  return { count, atMs: nowMs, perSecond: ((count - meter.count) * 1_000) / elapsedMs };
}
