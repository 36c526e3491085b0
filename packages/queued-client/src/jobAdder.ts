import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { Database } from '@sluice/fleet/postgres/connect';
import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { markFreshQueued } from '@sluice/fleet/postgres/queries/markFreshQueued';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { RedisClient } from '@sluice/fleet/redis/client';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import { createTouchNotice } from '@sluice/fleet/submit/touchNotice';
import type { WrittenRow } from '@sluice/fleet/submit/writeRows';
import { writeRows } from '@sluice/fleet/submit/writeRows';
import { laneName } from '@sluice/shared/domain/lane';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { LateRow } from './lateRows.js';
import { createLateRows } from './lateRows.js';

/** Puts jobs into the fleet without a producer between. */
export interface JobAdder {
  /**
   * Resolves once the job cannot be lost: with `durability: ledger` when its row is committed, with `redis` when its lane
   * holds it.
   * @throws FleetError `unavailable`: it may have been added all the same
   */
  add(job: PreparedJob): Promise<void>;
  /** The row of a job that was added here with `durability: redis`, while the ledger does not have it; else null. */
  late(jobId: string): LateRow | null;
  /** Resolves when nothing is under way; rows that still wait for the ledger are left to the workers. */
  close(): Promise<void>;
}

/** What adding rests on. */
export interface JobAdderParts {
  readonly db: Database;
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly lanes: Pick<LaneQueues, 'addOne'>;
  readonly feed: Pick<FeedWriter, 'tell'>;
  readonly log: Log;
}

/** Touched lanes are told at most so often, in ms. */
const TOUCH_EVERY_MS = 500;

/** As producers do: jobs of one moment share a commit, and one write to Redis. */
export function createJobAdder({ db, client, keys, lanes, feed, log }: JobAdderParts): JobAdder {
  const rows = createBatcher<NewJob, WrittenRow>({
    maxItems: 256,
    enoughItems: 32,
    maxWaitMs: 2,
    maxFlushes: 3,
    flush: (jobs) =>
      writeRows(
        jobs,
        (some) => insertJobs(db, some),
        (err) =>
          log.warn({ err, jobs: jobs.length }, 'the ledger refused a batch of jobs; they are written one by one'),
      ),
  });
  const adding = new Set<Promise<unknown>>();
  const touched = createTouchNotice((names) => client.publish(keys.touchedChannel, names.join(' ')), TOUCH_EVERY_MS);
  const notes = createBatcher<string, undefined>({
    maxItems: 1_000,
    maxWaitMs: 5,
    maxFlushes: 1,
    async flush(ids) {
      await markFreshQueued(db, ids);
      return ids.map(() => undefined);
    },
  });
  const lateRows = createLateRows(db, log);

  /** Not gathered: what is sent in one turn shares a write, and nobody waits for another's answer. */
  async function place({ lane, job }: PreparedJob): Promise<void> {
    const added = lanes.addOne({ lane, job });
    adding.add(added);
    try {
      if ((await added).kind === 'swallowed') return;
      touched.touch(laneName(lane));
      const state = job.delayMs > 0 ? 'delayed' : 'queued';
      feed.tell({ kind: 'state', jobId: job.id, ...lane, state, attempt: 0 });
    } finally {
      adding.delete(added);
    }
  }

  async function addToLedger(job: PreparedJob): Promise<void> {
    const written = await rows.add(job.row).catch((cause: unknown) => {
      throw new FleetError('unavailable', 'The ledger cannot be reached.', { cause });
    });
    if (written.kind === 'refused') throw written.error;
    if (written.kind === 'duplicate') throw new FleetError('duplicate_job', 'An unfinished job has this dedupeKey.');
    try {
      await place(job);
      notes.add(job.row.id).catch((err: unknown) => log.debug({ err }, 'a job could not be marked as queued'));
    } catch (err) {
      log.warn({ err, jobId: job.row.id }, 'a job waits for Redis; the scaler adds it');
    }
  }

  async function addToLane(job: PreparedJob): Promise<void> {
    await place(job).catch((cause: unknown) => {
      throw new FleetError('unavailable', 'The queue cannot be reached.', { cause });
    });
    lateRows.write(job.row);
  }

  return {
    add: (job) => (job.row.durability === 'redis' ? addToLane(job) : addToLedger(job)),
    late: (jobId) => lateRows.find(jobId),
    async close() {
      await Promise.all([rows.idle(), lateRows.close()]);
      await Promise.allSettled(adding);
      await notes.idle();
      await touched.stop(AbortSignal.timeout(0));
    },
  };
}
