import type { CircuitState, QuotaState } from '@sluice/limits';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Zone } from '@sluice/shared/contracts/jobs';
import type { Lane } from '@sluice/shared/domain/lane';
import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import { zoneOf } from '@sluice/shared/domain/zone';
import { ASSUMED_SERVICE_MS, estimateWait } from '../domain/waitEstimate.js';
import type { LanePlace } from '../redis/commands/readLaneSnapshot.js';
import type { LaneReader, SeenLane } from './laneReader.js';

/** What a submitter may expect of a job. */
export interface WaitEstimate extends EstimatedWait {
  /** 1 is next; null when it does not wait in its lane. */
  readonly position: number | null;
  readonly zone: Zone;
}

/** An estimate, with what the lane says of the job's state where the ledger does not say it yet. */
export interface SeenEstimate extends WaitEstimate {
  readonly state: JobState;
}

/** What is known of a lane. */
export interface LaneFacts {
  /** Due jobs that wait. */
  readonly waiting: number;
  readonly active: number;
  /** How long its jobs take, in ms; null before the first. */
  readonly serviceMs: number | null;
  /** Whether any worker process lives: else nobody can say when a job starts. */
  readonly isServed: boolean;
  /** How many of its jobs run at a time. */
  readonly atATime: number;
  /** How long it is paused, in ms. Looked for where its jobs call an upstream under a quota. */
  readonly pausedMs: number;
  /** Null where its jobs call no upstream, or nobody can say. */
  readonly quota: QuotaState | null;
  /** Of the same upstream; null where it has none, or nobody can say. */
  readonly circuit: CircuitState | null;
}

/** A job whose wait is estimated for. */
export interface WaitingJob {
  /** Its id in its lane. */
  readonly id: string;
  readonly state: JobState;
  readonly priority: number;
  /** Until it is due, in ms; 0 when it is. */
  readonly dueInMs: number;
}

/** Reads estimates; a Redis that is away makes them vague, never an error. */
export interface EstimateReader {
  read(lane: Lane, job: WaitingJob): Promise<SeenEstimate>;
  /** The same from a lane that was seen already; null when Redis was away then. */
  describe(seen: SeenLane | null, job: WaitingJob): SeenEstimate;
  /** Facts of a lane; null while Redis is away. */
  facts(lane: Lane): Promise<LaneFacts | null>;
}

/**
 * Reads estimates.
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

/** A job in its lane is queued, though the ledger is told of many at a time and a little later. Pure. */
export function seenState(state: JobState, place: LanePlace | null): JobState {
  if (state !== 'accepted' || place === null) return state;
  if (place.kind === 'waiting') return 'queued';
  return place.kind === 'delayed' ? 'delayed' : state;
}

/** What a submitter may expect. A lane that cannot be seen counts as yellow: take it slowly. Pure. */
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

/** How long a job will wait; null when nobody can say. */
export interface EstimatedWait {
  /** Half of all wait shorter. */
  readonly estimatedWaitMs: number | null;
  /** Nine of ten wait shorter. */
  readonly estimatedWaitP90Ms: number | null;
}

/** A wait of which nothing is known. */
export const UNKNOWN_WAIT: EstimatedWait = { estimatedWaitMs: null, estimatedWaitP90Ms: null };

/** How long the job at this place of a lane will wait. While no worker lives nobody can say. Pure. */
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
