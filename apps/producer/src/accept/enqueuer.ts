import { laneName } from '@sluice/shared/domain/lane';
import type { FeedWriter } from '@sluice/shared/feed/feedWriter';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';
import { markQueued } from '@sluice/shared/postgres/queries/markQueued';
import type { LanedJob } from '@sluice/shared/queue/jobOptions';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import type { Ledger } from '../stores/ledger.js';
import type { RedisCall } from '../stores/redisCall.js';
import type { TouchNotice } from './touchNotice.js';

/** Puts jobs into their lanes. */
export interface Enqueuer {
  /**
   * Adds a job to its lane.
   * @throws ProblemError `unavailable`; the job may be in its lane all the same
   */
  add(job: LanedJob): Promise<void>;
  /** Notes in the ledger that Redis has a job; nobody waits for it. Without the note the scaler adds it once more. */
  noteQueued(id: string): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** What adding rests on. */
export interface EnqueuerParts {
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly ledger: Ledger;
  readonly touched: TouchNotice;
  readonly feed: Pick<FeedWriter, 'tell'>;
  readonly log: Log;
}

/** One bulk add per lane and flush, and one update of the ledger for as many as have gathered. */
export function createEnqueuer({ lanes, call, ledger, touched, feed, log }: EnqueuerParts): Enqueuer {
  const adds = createBatcher<LanedJob, undefined>({
    maxItems: 256,
    maxWaitMs: 0,
    maxFlushes: 2,
    async flush(jobs) {
      await call(() => lanes.add(jobs));
      return jobs.map(() => undefined);
    },
  });
  const notes = createBatcher<string, undefined>({
    maxItems: 1_000,
    maxWaitMs: 5,
    maxFlushes: 1,
    async flush(ids) {
      await ledger((db) => markQueued(db, ids));
      return ids.map(() => undefined);
    },
  });
  return {
    async add(job) {
      await adds.add(job);
      touched.touch(laneName(job.lane));
      const state = job.job.delayMs > 0 ? 'delayed' : 'queued';
      feed.tell({ kind: 'state', jobId: job.job.id, ...job.lane, state, attempt: 0 });
    },
    noteQueued(id) {
      notes.add(id).catch((err: unknown) => log.debug({ err }, 'a job in its lane could not be marked as queued'));
    },
    async idle() {
      await adds.idle();
      await notes.idle();
    },
  };
}
