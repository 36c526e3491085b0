import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Zone } from '@sluice/shared/contracts/jobs';
import type { Lane } from '@sluice/shared/domain/lane';
import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import { ASSUMED_SERVICE_MS, estimateWaitMs } from '@sluice/shared/domain/waitEstimate';
import { zoneOf } from '@sluice/shared/domain/zone';
import type { LaneOutlook, LanePlace } from '@sluice/shared/redis/commands/readOutlook';
import type { OutlookBatches, SeenLane } from './outlookBatches.js';

/** What a submitter may expect of a job. */
export interface Outlook {
  /** 1 is next; null when it does not wait in its lane. */
  readonly position: number | null;
  readonly estimatedWaitMs: number | null;
  readonly zone: Zone;
}

/** An outlook, with what the lane says of the job's state where the ledger does not say it yet. */
export interface SeenOutlook extends Outlook {
  readonly state: JobState;
}

/** What is known of a lane. */
export interface LaneFacts {
  /** Due jobs that wait. */
  readonly waiting: number;
  readonly active: number;
  /** How long its jobs take, in ms; null before the first. */
  readonly serviceMs: number | null;
  /** How many of its jobs run at a time. */
  readonly atATime: number;
}

/** A job whose outlook is asked for. */
export interface WaitingJob {
  /** Its id in its lane. */
  readonly id: string;
  readonly state: JobState;
  readonly priority: number;
  /** Until it is due, in ms; 0 when it is. */
  readonly dueInMs: number;
}

/** Reads outlooks; a Redis that is away makes them vague, never an error. */
export interface OutlookReader {
  read(lane: Lane, job: WaitingJob): Promise<SeenOutlook>;
  /** The same from a lane that was seen already; null when Redis was away then. */
  describe(seen: SeenLane | null, job: WaitingJob): SeenOutlook;
  /** Facts of a lane; null while Redis is away. */
  facts(lane: Lane): Promise<LaneFacts | null>;
}

/**
 * Reads outlooks.
 * @param slotConcurrency jobs that one slot runs at a time
 */
export function createOutlookReader(batches: OutlookBatches, slotConcurrency: number): OutlookReader {
  const toFacts = ({ waiting, active, serviceMs, slots }: LaneOutlook): LaneFacts => ({
    waiting,
    active,
    serviceMs,
    atATime: (slots ?? FLOOR_SLOTS) * slotConcurrency,
  });
  function describe(seen: SeenLane | null, job: WaitingJob): SeenOutlook {
    if (seen === null) return { ...describeOutlook(job, null, null), state: job.state };
    const { outlook, place } = seen;
    const position = place?.kind === 'waiting' ? place.position : null;
    return { ...describeOutlook(job, position, toFacts(outlook)), state: seenState(job.state, place) };
  }
  return {
    async read(lane, job) {
      return describe(await batches.read(lane, job.id), job);
    },
    describe,
    async facts(lane) {
      const seen = await batches.read(lane, null);
      return seen === null ? null : toFacts(seen.outlook);
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
export function describeOutlook(job: WaitingJob, position: number | null, facts: LaneFacts | null): Outlook {
  const zone = facts === null ? 'yellow' : zoneOf(facts.waiting, job.priority);
  if (job.state === 'active') return { position: null, estimatedWaitMs: null, zone };
  if (job.dueInMs > 0) return { position: null, estimatedWaitMs: Math.round(job.dueInMs), zone };
  if (position === null || facts === null) return { position: null, estimatedWaitMs: null, zone };
  return { position, estimatedWaitMs: estimateInLane(position, facts), zone };
}

/** How long the job at this place of a lane will wait, in ms. */
export function estimateInLane(position: number, { serviceMs, atATime }: LaneFacts): number {
  return estimateWaitMs(position, serviceMs ?? ASSUMED_SERVICE_MS, atATime);
}
