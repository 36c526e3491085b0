import type { JobState } from '../contracts/jobStates.js';
import type { Zone } from '../contracts/jobs.js';
import { upstreamOfClass } from '../contracts/taskCatalogue.js';
import type { Lane } from '../domain/lane.js';
import { laneName } from '../domain/lane.js';
import { FLOOR_SLOTS } from '../domain/placement.js';
import type { QuotaState } from '../domain/quotaWait.js';
import type { WaitEstimate } from '../domain/waitEstimate.js';
import { ASSUMED_SERVICE_MS, estimateWait } from '../domain/waitEstimate.js';
import { zoneOf } from '../domain/zone.js';
import type { Ask } from '../lifecycle/ask.js';
import type { Quotas } from '../limits/quotas.js';
import type { LaneQueues } from '../queue/laneQueues.js';
import { readDesiredSlots } from '../redis/commands/fleetTable.js';
import { readServiceTime } from '../redis/commands/serviceTimes.js';
import type { RedisService } from '../redis/connect.js';
import type { FleetKeys } from '../redis/keys.js';

/** What a submitter may expect of a job. */
export interface Outlook {
  /** 1 is next; null when it does not wait in its lane. */
  readonly position: number | null;
  /** Half of all wait shorter. */
  readonly estimatedWaitMs: number | null;
  /** Nine of ten wait shorter. */
  readonly estimatedWaitP90Ms: number | null;
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
  /** How long it is paused, in ms. Looked for where its jobs call an upstream under a quota. */
  readonly pausedMs: number;
  readonly quota: QuotaState | null;
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
  readonly call: Ask;
  readonly quotas: Pick<Quotas, 'state'>;
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
}

/** Asks for everything at once, which is one round trip. */
export function createOutlookReader(parts: OutlookParts): OutlookReader {
  const { client, keys, lanes, call, quotas, slotConcurrency } = parts;
  async function askFacts(lane: Lane): Promise<LaneFacts> {
    const upstream = upstreamOfClass(lane.queueClass);
    const [{ waiting, active }, serviceMs, slots, pausedMs, quota] = await Promise.all([
      lanes.counts(lane),
      readServiceTime(client, keys, lane.tenantId, laneName(lane)),
      readDesiredSlots(client, keys, lane.tenantId),
      upstream === null ? 0 : lanes.heldBackForMs(lane),
      upstream === null ? null : quotas.state(lane.tenantId, upstream),
    ]);
    const atATime = Math.min((slots ?? FLOOR_SLOTS) * slotConcurrency, quota?.quota.callsAtATime ?? Infinity);
    return { waiting, active, serviceMs, atATime, pausedMs, quota };
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
  const unknown = { position: null, estimatedWaitMs: null, estimatedWaitP90Ms: null, zone };
  if (job.state === 'active') return unknown;
  if (job.dueInMs > 0) {
    const dueInMs = Math.round(job.dueInMs);
    return { ...unknown, estimatedWaitMs: dueInMs, estimatedWaitP90Ms: dueInMs };
  }
  if (position === null || facts === null) return unknown;
  const { p50Ms, p90Ms } = estimateInLane(position, facts);
  return { position, estimatedWaitMs: p50Ms, estimatedWaitP90Ms: p90Ms, zone };
}

/** How long the job at this place of a lane will wait. */
export function estimateInLane(position: number, { serviceMs, atATime, pausedMs, quota }: LaneFacts): WaitEstimate {
  return estimateWait({ position, serviceMs: serviceMs ?? ASSUMED_SERVICE_MS, slots: atATime, pausedMs, quota });
}
