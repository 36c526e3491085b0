import type { CircuitState, QuotaState } from '@sluice/limits';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Zone } from '@sluice/shared/contracts/jobs';
import type { Lane } from '@sluice/shared/domain/lane';
import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import { zoneOf } from '@sluice/shared/domain/zone';
import { ASSUMED_SERVICE_MS, estimateWait } from '../domain/waitEstimate.js';
import type { LanePlace } from '../redis/commands/readLaneSnapshot.js';
import type { LaneReader, SeenLane } from './laneReader.js';

/** A job's position and estimated wait, for its submitter. */
export interface WaitEstimate extends EstimatedWait {
  /** 1 is next; null when it does not wait in its lane. */
  readonly position: number | null;
  readonly zone: Zone;
}

/** An estimate, with the job's state according to its lane when the ledger is behind. */
export interface SeenEstimate extends WaitEstimate {
  readonly state: JobState;
}

/** The facts about a lane that an estimate needs. */
export interface LaneFacts {
  /** Due jobs that wait. */
  readonly waiting: number;
  readonly active: number;
  /** Recent service time of its jobs, in ms; null before the first. */
  readonly serviceMs: number | null;
  /** Whether any worker process is alive: otherwise the wait is unknown. */
  readonly isServed: boolean;
  /** Number of its jobs that run at a time. */
  readonly atATime: number;
  /** Remaining time of its pause, in ms. Read when its jobs call an upstream under a quota. */
  readonly pausedMs: number;
  /** Null when its jobs call no upstream, or the quota is unknown. */
  readonly quota: QuotaState | null;
  /** Circuit of the same upstream; null when it has none, or the circuit is unknown. */
  readonly circuit: CircuitState | null;
}

/** A job whose wait is estimated. */
export interface WaitingJob {
  /** Its id in its lane. */
  readonly id: string;
  readonly state: JobState;
  readonly priority: number;
  /** Time until it is due, in ms; 0 when it is due. */
  readonly dueInMs: number;
}

/** Reads estimates; while Redis is unavailable they are less precise, never an error. */
export interface EstimateReader {
  read(lane: Lane, job: WaitingJob): Promise<SeenEstimate>;
  /** The same from a snapshot of the lane; null when Redis was unavailable at that time. */
  describe(seen: SeenLane | null, job: WaitingJob): SeenEstimate;
  /** The facts about a lane; null while Redis is unavailable. */
  facts(lane: Lane): Promise<LaneFacts | null>;
}

/**
 * Creates the reader of estimates.
 * @param slotConcurrency jobs that one slot runs at a time
 */
export function createEstimateReader(batches: LaneReader, slotConcurrency: number): EstimateReader {
  const toFacts = ({ snapshot, isServed, pausedMs, quota, circuit }: SeenLane): LaneFacts => {
    const { waiting, active, serviceMs, slots } = snapshot;
    const atATime = Math.min((slots ?? FLOOR_SLOTS) * slotConcurrency, quota?.quota.callsAtATime ?? Infinity);
    return { waiting, active, serviceMs, isServed, atATime, pausedMs, quota, circuit };
  };
  function describe(seen: SeenLane | null, job: WaitingJob): SeenEstimate {
    if (seen === null) return { ...describeEstimate(job, null, null), state: job.state };
    const { place } = seen;
    const position = place?.kind === 'waiting' ? place.position : null;
    return { ...describeEstimate(job, position, toFacts(seen)), state: seenState(job.state, place) };
  }
  return {
    async read(lane, job) {
      return describe(await batches.read(lane, job.id), job);
    },
    describe,
    async facts(lane) {
      const seen = await batches.read(lane, null);
      return seen === null ? null : toFacts(seen);
    },
  };
}

/** A job in its lane is queued, although the ledger records that in batches a little later. Pure. */
export function seenState(state: JobState, place: LanePlace | null): JobState {
  if (state !== 'accepted' || place === null) return state;
  if (place.kind === 'waiting') return 'queued';
  return place.kind === 'delayed' ? 'delayed' : state;
}

/**
 * Describes a job's position and wait for its submitter. A lane that cannot be read counts as yellow, so that
 * submitters slow down. Pure.
 */
export function describeEstimate(job: WaitingJob, position: number | null, facts: LaneFacts | null): WaitEstimate {
  const zone = facts === null ? 'yellow' : zoneOf(facts.waiting, job.priority);
  const unknown = { position: null, ...UNKNOWN_WAIT, zone };
  if (job.state === 'active') return unknown;
  if (job.dueInMs > 0) {
    const dueInMs = Math.round(job.dueInMs);
    return { ...unknown, estimatedWaitMs: dueInMs, estimatedWaitP90Ms: dueInMs };
  }
  if (position === null || facts === null) return unknown;
  return { position, ...waitInLane(position, facts), zone };
}

/** How long a job will wait; null when unknown. */
export interface EstimatedWait {
  /** Median. */
  readonly estimatedWaitMs: number | null;
  /** 90th percentile. */
  readonly estimatedWaitP90Ms: number | null;
}

/** An unknown wait. */
export const UNKNOWN_WAIT: EstimatedWait = { estimatedWaitMs: null, estimatedWaitP90Ms: null };

/** How long the job at this position of a lane will wait; unknown while no worker is alive. Pure. */
export function waitInLane(position: number, facts: LaneFacts): EstimatedWait {
  if (!facts.isServed) return UNKNOWN_WAIT;
  const { serviceMs, active, atATime, pausedMs, quota, circuit } = facts;
  const { p50Ms, p90Ms } = estimateWait({
    position,
    serviceMs: serviceMs ?? ASSUMED_SERVICE_MS,
    slots: atATime,
    idleSlots: Math.max(0, atATime - active),
    pausedMs,
    quota,
    circuit,
  });
  return { estimatedWaitMs: p50Ms, estimatedWaitP90Ms: p90Ms };
}
