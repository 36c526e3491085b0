import type { Database } from '@sluice/fleet/postgres/connect';
import { markQueued } from '@sluice/fleet/postgres/queries/markQueued';
import type { EnqueueableJob } from '@sluice/fleet/postgres/queries/redriveJob';
import type { UnfinishedRow } from '@sluice/fleet/postgres/queries/unfinishedRows';
import { readUnchangedJobs } from '@sluice/fleet/postgres/queries/unfinishedRows';
import { toLanedJob } from '@sluice/fleet/queue/add/jobOptions';
import type { Added, LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readHeldJobs } from '@sluice/fleet/queue/observe/heldJobs';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { RecoveryVerdict } from '@sluice/shared/domain/recovery';
import { decideRecovery } from '@sluice/shared/domain/recovery';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { WorkerWatch } from './workerWatch.js';

/** Dependencies of recovering rows. */
export interface RecoverDeps {
  readonly db: Database;
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly queues: Pick<LaneQueues, 'add' | 'remove' | 'removeDeadLetter'>;
  readonly workers: WorkerWatch;
  /** Whether Redis has memory for more jobs. */
  readonly hasRoom: () => Promise<boolean>;
}

/** The right to continue, checked before each write. */
export interface Permit {
  holds(): boolean;
}

/** The outcome of recovering a page of rows. */
export interface RecoveredRows {
  readonly rows: number;
  readonly added: readonly EnqueueableJob[];
  /** Rows that can only be decided later: just written, or run by a process that may still send a heartbeat. */
  readonly undecided: number;
}

/** Rows compared with Redis, and the actions that they need. */
export interface ComparedRows {
  readonly rows: number;
  readonly undecided: number;
  /** Jobs missing from Redis, in row order, each with the reason. */
  readonly lost: readonly { readonly job: EnqueueableJob; readonly judged: JudgedRow }[];
  /** Ids of rows that Redis holds but the ledger has not marked as queued. */
  readonly unmarked: readonly string[];
}

interface JudgedRow {
  readonly row: UnfinishedRow;
  readonly verdict: RecoveryVerdict;
}

/**
 * The step that all recovery depends on: finds which of these unfinished jobs Redis does not hold, and adds them in row
 * order, with their priority and remaining delay. Idempotent, and safe to run concurrently. A process that dies between
 * an add and its mark in the ledger leaves a row that is `accepted` and held: the next pass over it marks it.
 * @throws FleetError `unavailable` when Redis has no memory for the jobs to add
 */
export async function recoverRows(
  rows: readonly UnfinishedRow[],
  permit: Permit,
  deps: RecoverDeps,
): Promise<RecoveredRows> {
  return addLost(await compareRows(rows, deps), permit, deps);
}

/**
 * Finds which of these jobs Redis does not hold; changes nothing. Reads the ledger once more after Redis: the ledger
 * always records the end of a job first, so a row that has not changed was unfinished when Redis did not hold it.
 */
export async function compareRows(rows: readonly UnfinishedRow[], deps: RecoverDeps): Promise<ComparedRows> {
  const judged = await judge(rows, deps);
  const wanting = new Map(
    judged
      .filter(({ verdict }) => verdict.kind === 'add' || verdict.kind === 'take-out-and-add')
      .map((one) => [one.row.id, one]),
  );
  const jobs = await readUnchangedJobs(
    deps.db,
    Array.from(wanting.values(), ({ row }) => row),
  );
  return {
    rows: rows.length,
    undecided: judged.filter(({ verdict }) => verdict.kind === 'leave' && verdict.because !== 'runs').length,
    lost: jobs.flatMap((job) => {
      const found = wanting.get(job.id);
      return found === undefined ? [] : [{ job, judged: found }];
    }),
    unmarked: judged
      .filter(({ row, verdict }) => verdict.kind === 'held' && row.state === 'accepted')
      .map(({ row }) => row.id),
  };
}

/** Adds the missing jobs to Redis, and marks the unmarked ones in the ledger. */
export async function addLost(
  { rows, undecided, lost, unmarked }: ComparedRows,
  permit: Permit,
  deps: RecoverDeps,
): Promise<RecoveredRows> {
  if (!permit.holds()) return { rows, added: [], undecided };
  const outcomes = await addJobs(lost, deps);
  // A job deduplicated against another with its dedupeKey is found again until that one has left the lane.
  const accepted = lost
    .filter(({ judged }, index) => judged.row.state === 'accepted' && outcomes[index]?.kind === 'added')
    .map(({ job }) => job.id);
  await mark([...unmarked, ...accepted], permit, deps.db);
  return { rows, added: lost.map(({ job }) => job), undecided };
}

async function judge(rows: readonly UnfinishedRow[], { redis, keys, workers }: RecoverDeps): Promise<JudgedRow[]> {
  if (rows.some(({ state }) => state === 'active')) await workers.refresh();
  const held = await readHeldJobs(redis.client, keys, rows);
  return rows.map((row, index) => {
    const ranBy = row.workerId === null ? 'unknown' : workers.whereabouts(row.workerId);
    return { row, verdict: decideRecovery(row, held[index] ?? 'unfinished', ranBy) };
  });
}

async function addJobs(lost: ComparedRows['lost'], { queues, hasRoom }: RecoverDeps): Promise<readonly Added[]> {
  if (lost.length === 0) return [];
  if (!(await hasRoom())) {
    throw new FleetError('unavailable', 'Redis has no room for the jobs that it does not hold.');
  }
  await Promise.all(
    lost.flatMap(({ job, judged }) => [
      // A dead job that was redriven while Redis was unavailable left a dead-letter note.
      ...(judged.row.state === 'accepted' && job.started ? [queues.removeDeadLetter(job.tenantId, job.id)] : []),
      ...(judged.verdict.kind === 'take-out-and-add' ? [takeOut(job, queues)] : []),
    ]),
  );
  return queues.add(lost.map(({ job }) => toLanedJob(job)));
}

async function takeOut(row: EnqueueableJob, queues: Pick<LaneQueues, 'remove'>): Promise<void> {
  const { lane, job } = toLanedJob(row);
  await queues.remove(lane, job.id);
}

/** Rows in any other state already record that Redis received the job. */
async function mark(ids: readonly string[], permit: Permit, db: Database): Promise<void> {
  if (ids.length > 0 && permit.holds()) await markQueued(db, ids);
}
