import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Zone } from '@sluice/shared/contracts/jobs';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import { ASSUMED_SERVICE_MS, estimateWaitMs } from '@sluice/shared/domain/waitEstimate';
import { zoneOf } from '@sluice/shared/domain/zone';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import { readDesiredSlots } from '@sluice/shared/redis/commands/fleetTable';
import { readServiceTime } from '@sluice/shared/redis/commands/serviceTimes';
import type { RedisService } from '@sluice/shared/redis/connect';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import type { RedisCall } from '../stores/redisCall.js';

/** What a submitter may expect of a job. */
export interface Outlook {
  /** 1 is next; null when it does not wait in its lane. */
  readonly position: number | null;
  readonly estimatedWaitMs: number | null;
  readonly zone: Zone;
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
  read(lane: Lane, job: WaitingJob): Promise<Outlook>;
  /** Facts of a lane; null while Redis is away. */
  facts(lane: Lane): Promise<LaneFacts | null>;
}

/** What reading outlooks rests on. */
export interface OutlookParts {
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
}

/** Asks for everything at once, which is one round trip. */
export function createOutlookReader(parts: OutlookParts): OutlookReader {
  const { client, keys, lanes, call, slotConcurrency } = parts;
  async function askFacts(lane: Lane): Promise<LaneFacts> {
    const [{ waiting, active }, serviceMs, slots] = await Promise.all([
      lanes.counts(lane),
      readServiceTime(client, keys, lane.tenantId, laneName(lane)),
      readDesiredSlots(client, keys, lane.tenantId),
    ]);
    return { waiting, active, serviceMs, atATime: (slots ?? FLOOR_SLOTS) * slotConcurrency };
  }
  return {
    async read(lane, job) {
      try {
        const [facts, position] = await call(() => Promise.all([askFacts(lane), lanes.position(lane, job.id)]));
        return describeOutlook(job, position, facts);
      } catch {
        return describeOutlook(job, null, null);
      }
    },
    async facts(lane) {
      try {
        return await call(() => askFacts(lane));
      } catch {
        return null;
      }
    },
  };
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
