/** State of a tenant's load measurement between two passes. */
export interface LoadMeter {
  /** Total jobs added, the base of the next rate. */
  readonly count: number;
  /** When it was read, on a monotonic clock, in ms. */
  readonly atMs: number;
  /** Jobs that arrived, and over which time, in ms; both decay with age. */
  readonly jobs: number;
  readonly overMs: number;
  /** Recent jobs per second; null before the first measurement, and after the counter decreased. */
  readonly arrivalsPerSecond: number | null;
  /** Smoothed service time of a job, in ms; null before the first has run. */
  readonly serviceMs: number | null;
}

/** A tenant's load as read in one pass. */
export interface LoadReading {
  /** Total jobs added. */
  readonly count: number;
  /** Service time of the last few jobs, in ms; null before the first. */
  readonly serviceMs: number | null;
}

/** Minimum measurement period, in ms: a burst at one moment is a backlog, not a rate. */
const MEASURE_OVER_MS = 5_000;

/**
 * Decay time: data of this age counts e times less. A rate of randomly arriving jobs is known to within 1 / sqrt(2 x
 * jobs in that time): 10 % for 50 jobs, where five seconds alone would estimate one per second only to within 45 %. So
 * the decay time is the time in which 50 jobs arrive, between one minute and five, in ms.
 */
const FADE_JOBS = 50;
const SHORTEST_FADE_MS = 60_000;
const LONGEST_FADE_MS = 300_000;

/**
 * Smooths a tenant's arrival rate and service time, so that noise is not mistaken for a change. Arrivals follow a
 * monotonic counter; one that decreased was lost with Redis, or its lane was retired: the rate is then unknown until it
 * has been measured again.
 * @param meter as returned by the previous call; null before the first
 */
export function measureLoad(meter: LoadMeter | null, { count, serviceMs }: LoadReading, nowMs: number): LoadMeter {
  if (meter === null || count < meter.count) {
    return { count, atMs: nowMs, jobs: 0, overMs: 0, arrivalsPerSecond: null, serviceMs };
  }
  const elapsedMs = nowMs - meter.atMs;
  if (elapsedMs < MEASURE_OVER_MS) return { ...meter, serviceMs: meter.serviceMs ?? serviceMs };
  const arrived = count - meter.count;
  const memoryMs = fadeMs(meter, arrived, elapsedMs);
  const kept = Math.exp(-elapsedMs / memoryMs);
  // A long decay time from a quiet period shortens as soon as jobs arrive.
  const share = kept * Math.min(1, memoryMs / Math.max(1, meter.overMs));
  const jobs = meter.jobs * share + arrived;
  const overMs = meter.overMs * share + elapsedMs;
  return {
    count,
    atMs: nowMs,
    jobs,
    overMs,
    arrivalsPerSecond: (jobs * 1_000) / overMs,
    serviceMs: evenOut(meter.serviceMs, serviceMs, kept),
  };
}

/** Up to this many jobs between two passes may be close together by chance. */
const CHANCE_JOBS = 5;

/** Uses the higher of the previous and the current rate: a load that begins is followed at once. */
function fadeMs({ arrivalsPerSecond }: LoadMeter, arrived: number, elapsedMs: number): number {
  const perMs = Math.max((arrivalsPerSecond ?? 0) / 1_000, arrived < CHANCE_JOBS ? 0 : arrived / elapsedMs);
  return Math.min(LONGEST_FADE_MS, Math.max(SHORTEST_FADE_MS, FADE_JOBS / perMs));
}

function evenOut(beforeMs: number | null, latestMs: number | null, kept: number): number | null {
  return beforeMs === null || latestMs === null ? latestMs : beforeMs * kept + latestMs * (1 - kept);
}
