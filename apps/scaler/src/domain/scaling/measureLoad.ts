/** What is remembered of a tenant's load between two passes. */
export interface LoadMeter {
  /** Jobs added ever, from which the next rate is measured. */
  readonly count: number;
  /** When it was read, on a clock that never jumps, in ms. */
  readonly atMs: number;
  /** Jobs that arrived, and the time in which they did, in ms; both fade with their age. */
  readonly jobs: number;
  readonly overMs: number;
  /** Jobs per second of late; null before the first measurement, and after the counter fell. */
  readonly arrivalsPerSecond: number | null;
  /** How long one job runs, evened out, in ms; null before the first has. */
  readonly serviceMs: number | null;
}

/** What is read of a tenant's load in one pass. */
export interface LoadReading {
  /** Jobs added ever. */
  readonly count: number;
  /** How long the last few jobs took, in ms; null before the first. */
  readonly serviceMs: number | null;
}

/** Measured over at least as long, in ms: the jobs of one moment are a backlog, not a rate. */
const MEASURE_OVER_MS = 5_000;

/**
 * What is this old counts e times less. A rate of jobs that arrive at random is known to within 1 / sqrt(2 x jobs in that time):
 * 10 % for 50 jobs, where five seconds alone would tell one per second to within 45 %. So the memory is as long as 50 jobs
 * take to come, within a minute and five, in ms.
 */
const FADE_JOBS = 50;
const SHORTEST_FADE_MS = 60_000;
const LONGEST_FADE_MS = 300_000;

/**
 * Evens out a tenant's arrivals and the time that its jobs take, so that chance does not pass for a change. Arrivals follow a
 * counter that only grows; one that fell was lost with Redis, or its lane retired: the rate is unknown until it has been
 * watched anew.
 * @param meter as the call before returned it; null before the first
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
  // A long memory of a quiet time becomes a short one as soon as jobs come.
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

/** So few jobs between two passes may have come close together by chance. */
const CHANCE_JOBS = 5;

/** By the higher of the rates of before and of now: a load that begins is followed at once. */
function fadeMs({ arrivalsPerSecond }: LoadMeter, arrived: number, elapsedMs: number): number {
  const perMs = Math.max((arrivalsPerSecond ?? 0) / 1_000, arrived < CHANCE_JOBS ? 0 : arrived / elapsedMs);
  return Math.min(LONGEST_FADE_MS, Math.max(SHORTEST_FADE_MS, FADE_JOBS / perMs));
}

function evenOut(beforeMs: number | null, latestMs: number | null, kept: number): number | null {
  return beforeMs === null || latestMs === null ? latestMs : beforeMs * kept + latestMs * (1 - kept);
}
