import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { OutlookBatches, SeenLane } from '@sluice/fleet/outlook/outlookBatches';
import type { LanedJob } from '@sluice/fleet/queue/add/jobOptions';
import type { Added, LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { TouchNotice } from '@sluice/fleet/submit/touchNotice';
import { laneName } from '@sluice/shared/domain/lane';
import { ProblemError } from '@sluice/shared/errors/problemError';
import type { RedisCall } from '../stores/redisCall.js';
import { redisUnavailable } from '../stores/redisCall.js';
import type { RedisGate } from '../stores/redisGate.js';
import { afterTurn } from './afterTurn.js';
import { createBoundedBatcher } from './boundedBatcher.js';
import { createRoom } from './room.js';

/** What became of an add. */
export type Placed =
  | {
      readonly kind: 'added';
      /** Its lane right behind the add; null when nobody asked, or nobody could see. */
      readonly seen: SeenLane | null;
    }
  | Extract<Added, { kind: 'swallowed' }>;

/** What became of a job that was to be put into its lane. */
export type Enqueued =
  | Placed
  /** Redis does not take it now, or nobody waited to hear; it may be in its lane all the same. */
  | { readonly kind: 'unknown' };

/** A job with its size. */
export interface SizedJob extends LanedJob {
  /** Of its data as JSON. */
  readonly bytes: number;
  /** Somebody wants to hear where it stands in its lane. */
  readonly asksPlace?: boolean;
}

/** Puts jobs into their lanes. */
export interface Enqueuer {
  /** Whether a job would be added now. */
  isOpen(): boolean;
  /**
   * Adds a job to its lane.
   * @throws ProblemError `unavailable`; the job may be in its lane all the same
   */
  add(job: SizedJob): Promise<Placed>;
  /** Adds a job that the ledger holds. Nobody waits for a Redis that is known to be away. */
  addAccepted(job: SizedJob, onAdded: () => void): Promise<Enqueued>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** What adding rests on. */
export interface EnqueuerParts {
  readonly lanes: LaneQueues;
  readonly gate: RedisGate;
  /** Makes the add, and tells the gate how it ended. */
  readonly callAdd: RedisCall;
  readonly touched: TouchNotice;
  readonly feed: Pick<FeedWriter, 'tell'>;
  readonly outlooks: Pick<OutlookBatches, 'readAll'>;
}

/** Jobs on their way into Redis, at most. */
const MOST_UNDER_WAY = { items: 20_000, bytes: 64 * 1_024 * 1_024 };

interface Adding {
  readonly job: SizedJob;
  readonly isTry: boolean;
}

/** The adds of one turn leave together; each few of them share a look. */
export function createEnqueuer({ lanes, gate, callAdd, touched, feed, outlooks }: EnqueuerParts): Enqueuer {
  /** The look follows the adds over the same connection, so it finds them done, and nobody waits for a second round trip. */
  async function addAndLook(jobs: readonly SizedJob[]): Promise<Placed[]> {
    const adding = callAdd(() => lanes.add(jobs));
    const asking = jobs.filter(({ asksPlace }) => asksPlace === true);
    const looking = asking.length === 0 ? [] : lookBehind(asking);
    const added = await adding;
    const seen = (await looking).values();
    return jobs.map(({ asksPlace, lane, job }, index) => {
      const place = asksPlace === true ? (seen.next().value ?? null) : null;
      const one = added[index];
      if (one?.kind === 'swallowed') return one;
      touched.touch(laneName(lane));
      const state = job.delayMs > 0 ? 'delayed' : 'queued';
      feed.tell({ kind: 'state', jobId: job.id, ...lane, state, attempt: 0 });
      return { kind: 'added', seen: place };
    });
  }

  /** Never rejects. */
  async function lookBehind(jobs: readonly SizedJob[]): Promise<readonly (SeenLane | null)[]> {
    await afterTurn();
    return outlooks.readAll(jobs.map(({ lane, job }) => ({ lane, id: job.id })));
  }

  const adds = createBoundedBatcher<Adding, Placed>(createRoom(MOST_UNDER_WAY), ({ job }) => job.bytes, {
    // All of one turn leave in one write; an answer waits for a few others only.
    maxItems: 8,
    maxWaitMs: 0,
    maxFlushes: 64,
    flush(jobs) {
      // Those that gathered behind an add that failed need not find out for themselves.
      if (!gate.isOpen() && !jobs.some(({ isTry }) => isTry)) throw redisUnavailable(undefined);
      return addAndLook(jobs.map(({ job }) => job));
    },
  });

  return {
    isOpen: () => gate.isOpen(),
    async add(job) {
      const decision = gate.decideAdd();
      if (decision === 'skip') throw redisUnavailable(undefined);
      return adds.add({ job, isTry: decision === 'try' });
    },
    async addAccepted(job, onAdded) {
      const decision = gate.decideAdd();
      if (decision === 'skip') return { kind: 'unknown' };
      const adding = adds.add({ job, isTry: decision === 'try' }).then(
        (added): Enqueued => {
          if (added.kind === 'added') onAdded();
          return added;
        },
        (error: unknown): Enqueued => {
          // The commit stands, so the job is accepted; the scaler adds what Redis does not hold.
          if (error instanceof ProblemError) return { kind: 'unknown' };
          throw error;
        },
      );
      if (decision === 'call') return adding;
      // The one that finds out whether Redis takes jobs again is not kept waiting for it.
      adding.catch(() => undefined);
      return { kind: 'unknown' };
    },
    idle: () => adds.idle(),
  };
}
