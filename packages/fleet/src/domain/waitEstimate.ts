import type { CircuitState, QuotaState } from '@sluice/limits';
import { circuitWait, NO_CIRCUIT_WAIT, quotaPartMs, quotaWaitMs } from '@sluice/limits';

/** What a wait depends on. */
export interface WaitFacts {
  /** 1 for the next job. */
  readonly position: number;
  /** How long one job of the lane has taken of late, in ms. */
  readonly serviceMs: number;
  /** How many run at a time. */
  readonly slots: number;
  /** How many of those have no job now: jobs that find one start at once. */
  readonly idleSlots: number;
  /** How long the lane is paused, in ms. */
  readonly pausedMs: number;
  /** Quota of the upstream that the lane's jobs call; null without one. */
  readonly quota: QuotaState | null;
  /** Circuit of the same; null without one. */
  readonly circuit: CircuitState | null;
}

/** How long a job will wait, in ms: half of all wait shorter than the first, nine of ten shorter than the second. */
export interface WaitEstimate {
  readonly p50Ms: number;
  readonly p90Ms: number;
}

/** The standard normal distribution's 90 % quantile. */
const Z90 = 1.2816;

/**
 * How long a waiting job will wait. Pure. The work: the jobs ahead and the job itself, without those that idle slots take at once,
 * shared out over the slots; the sum of n service times that vary like exponential ones has a deviation of their mean times the
 * root of n, and is nearly normal (Erlang's distribution). The quota: when it allows the call of this place; each window until then
 * may come a part later, as those ahead do not take their calls at once. Whichever is later. The circuit: the work begins when its rest
 * and its probes are over, if the upstream is back by then; for nine of ten one probe more may fail.
 */
export function estimateWait(facts: WaitFacts): WaitEstimate {
  const { serviceMs, quota } = facts;
  const circuit = facts.circuit === null ? NO_CIRCUIT_WAIT : circuitWait(facts.position, facts.circuit, serviceMs);
  const pausedMs = Math.max(facts.pausedMs, circuit.ms);
  const jobs = Math.max(0, facts.position - circuit.probesAhead - facts.idleSlots);
  const slots = Math.max(1, facts.slots);
  const workMs = (jobs * serviceMs) / slots;
  const spreadMs = (Math.sqrt(jobs) * serviceMs) / slots;
  const quotaMs = quota === null ? 0 : quotaWaitMs(Math.max(1, facts.position), quota);
  const lateMs = quota === null || quotaMs === 0 ? 0 : lateByMs(quotaMs, quota);
  return {
    p50Ms: Math.round(Math.max(pausedMs + workMs, quotaMs)),
    p90Ms: Math.round(Math.max(pausedMs + circuit.lateMs + workMs + Z90 * spreadMs, quotaMs + lateMs)),
  };
}

function lateByMs(quotaMs: number, { quota }: QuotaState): number {
  return (1 + Math.floor(quotaMs / quota.windowMs)) * quotaPartMs(quota);
}

/** Service time that is assumed of a lane that has run nothing yet, in ms. */
export const ASSUMED_SERVICE_MS = 1_000;

/**
 * A service time that follows the latest ones: exponentially weighted moving average, the newest counting a fifth.
 * @param previousMs null before the first sample
 */
export function blendServiceMs(previousMs: number | null, latestMs: number): number {
  return previousMs === null ? latestMs : previousMs + (latestMs - previousMs) / 5;
}
