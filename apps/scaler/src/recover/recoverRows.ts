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

/** Dependencies of recovering. */
export interface RecoverDeps {
  readonly db: Database;
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly queues: Pick<LaneQueues, 'add' | 'remove' | 'removeDeadLetter'>;
  readonly workers: WorkerWatch;
  /** Whether Redis has room for more jobs. */
  readonly hasRoom: () => Promise<boolean>;
}

/** The right to go on, asked for again before each write. */
export interface Permit {
  holds(): boolean;
}

/** What became of a page of rows. */
export interface RecoveredRows {
  readonly rows: number;
  readonly added: readonly EnqueueableJob[];
  /** Rows that can only be judged later: written a moment ago, or run by a process that may yet say that it lives. */
  readonly undecided: number;
}

/** Rows that were compared with Redis, and what is to be done about them. */
export interface ComparedRows {
  readonly rows: number;
  readonly undecided: number;
  /** Jobs that Redis does not hold, in the order of their rows, each with why. */
  readonly lost: readonly { readonly job: EnqueueableJob; readonly judged: JudgedRow }[];
  /** Ids of rows that Redis holds and that the ledger does not know to be there. */
  readonly unmarked: readonly string[];
}

interface JudgedRow {
  readonly row: UnfinishedRow;
  readonly verdict: RecoveryVerdict;
}

/**
 * The step that all recovery rests on: asks Redis which of these unfinished jobs it does not hold and adds them, with their
 * priority and what is left of their delay, in the order of the rows. Harmless twice, and beside another who does the same.
 * A process that dies between an add and its mark in the ledger leaves a row that is `accepted` and held: whoever sees it next
 * marks it.
 * @throws FleetError `unavailable` when Redis has no room for what is to be added
 */
export async function recoverRows(
  rows: readonly UnfinishedRow[],
  permit: Permit,
  deps: RecoverDeps,
): Promise<RecoveredRows> {
  return addLost(await compareRows(rows, deps), permit, deps);
}

/**
 * Asks Redis which of these jobs it does not hold; changes nothing. The ledger is asked once more after Redis. It is always told
 * first that a job is over, so a row that has not changed was not over when Redis did not hold it.
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

/** Adds what Redis does not hold, and marks in the ledger what it did not know to be there. */
export async function addLost(
  { rows, undecided, lost, unmarked }: ComparedRows,
  permit: Permit,
  deps: RecoverDeps,
): Promise<RecoveredRows> {
  if (!permit.holds()) return { rows, added: [], undecided };
  const outcomes = await addJobs(lost, deps);
  // One that another of its dedupeKey kept out is found again until that one has left the lane.
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
      // A dead job that was sent again while Redis was away left a note.
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

/** Rows in any other state say already that Redis was given the job. */
async function mark(ids: readonly string[], permit: Permit, db: Database): Promise<void> {
  if (ids.length > 0 && permit.holds()) await markQueued(db, ids);
}
