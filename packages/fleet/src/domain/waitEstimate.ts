import type { CircuitState, QuotaState } from '@sluice/limits';
import { circuitWait, NO_CIRCUIT_WAIT, quotaPartMs, quotaWaitMs } from '@sluice/limits';

/** Inputs of a wait estimate. */
export interface WaitFacts {
  /** 1 for the next job. */
  readonly position: number;
  /** Recent service time of the lane's jobs, in ms. */
  readonly serviceMs: number;
  /** Number of jobs that run at a time. */
  readonly slots: number;
  /** Slots without a job: a job that finds one starts at once. */
  readonly idleSlots: number;
  /** Remaining time of the lane's pause, in ms. */
  readonly pausedMs: number;
  /** Quota of the upstream that the lane's jobs call; null without one. */
  readonly quota: QuotaState | null;
  /** Circuit of the same upstream; null without one. */
  readonly circuit: CircuitState | null;
}

/** How long a job will wait, in ms: the median and the 90th percentile. */
export interface WaitEstimate {
  readonly p50Ms: number;
  readonly p90Ms: number;
}

/** The 90 % quantile of the standard normal distribution. */
const Z90 = 1.2816;

/**
 * Estimates how long a waiting job will wait. Pure. The estimate is the later of two times. Work: the jobs ahead and
 * the job itself, less those that idle slots start at once, shared over the slots; the sum of n exponentially
 * distributed service times has a standard deviation of their mean times the root of n, and is nearly normal (Erlang's
 * distribution). Quota: when it allows the call of this place; each window until then may come a fraction later, as the
 * jobs ahead do not use their calls at once. Circuit: work begins after its open time and its probes, if the upstream
 * has recovered by then; the 90th percentile allows for one more failed probe.
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

/** Assumed service time of a lane that has not run a job yet, in ms. */
export const ASSUMED_SERVICE_MS = 1_000;

/**
 * Updates a service time: exponentially weighted moving average in which the newest sample has a weight of one fifth.
 * @param previousMs null before the first sample
 */
export function blendServiceMs(previousMs: number | null, latestMs: number): number {
  return previousMs === null ? latestMs : previousMs + (latestMs - previousMs) / 5;
}
