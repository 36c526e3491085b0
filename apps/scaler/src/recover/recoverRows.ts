import type { RecoveryVerdict } from '@sluice/shared/domain/recovery';
import { decideRecovery } from '@sluice/shared/domain/recovery';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Database } from '@sluice/shared/postgres/connect';
import { markQueued } from '@sluice/shared/postgres/queries/markQueued';
import type { EnqueueableJob } from '@sluice/shared/postgres/queries/redriveJob';
import type { UnfinishedRow } from '@sluice/shared/postgres/queries/unfinishedRows';
import { readUnchangedJobs } from '@sluice/shared/postgres/queries/unfinishedRows';
import { readHeldJobs } from '@sluice/shared/queue/heldJobs';
import { toLanedJob } from '@sluice/shared/queue/jobOptions';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import type { RedisService } from '@sluice/shared/redis/connect';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import type { WorkerWatch } from './workerWatch.js';

/** What recovering rests on. */
export interface RecoverParts {
  readonly db: Database;
  readonly redis: Pick<RedisService, 'client'>;
  readonly keys: FleetKeys;
  readonly queues: Pick<LaneQueues, 'add' | 'remove' | 'unbury'>;
  readonly workers: WorkerWatch;
  /** Whether Redis has room for more jobs; it has when left out. */
  readonly hasRoom?: () => Promise<boolean>;
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

interface JudgedRow {
  readonly row: UnfinishedRow;
  readonly verdict: RecoveryVerdict;
}

/**
 * The step that all recovery rests on: asks Redis which of these unfinished jobs it does not hold and adds them, with their
 * priority and what is left of their delay, in the order of the rows. Harmless twice, and beside another who does the same.
 *
 * The ledger is asked once more after Redis. It is always told first that a job is over, so a row that has not changed was not
 * over when Redis did not hold it. A process that dies between an add and its mark in the ledger leaves a row that is
 * `accepted` and held: whoever sees it next marks it.
 * @throws FleetError `unavailable` when Redis has no room for what is to be added
 */
export async function recoverRows(
  rows: readonly UnfinishedRow[],
  permit: Permit,
  parts: RecoverParts,
): Promise<RecoveredRows> {
  const judged = await judge(rows, parts);
  const lost = judged.filter(({ verdict }) => verdict.kind === 'add' || verdict.kind === 'take-out-and-add');
  const undecided = judged.filter(({ verdict }) => verdict.kind === 'leave' && verdict.because !== 'runs').length;
  const jobs = await readUnchangedJobs(
    parts.db,
    lost.map(({ row }) => row),
  );
  const held = judged.filter(({ row, verdict }) => verdict.kind === 'held' && row.state === 'accepted');
  if (!permit.holds()) return { rows: rows.length, added: [], undecided };
  await addJobs(jobs, lost, parts);
  await mark([...held.map(({ row }) => row.id), ...acceptedOf(jobs, lost)], permit, parts.db);
  return { rows: rows.length, added: jobs, undecided };
}

async function judge(rows: readonly UnfinishedRow[], { redis, keys, workers }: RecoverParts): Promise<JudgedRow[]> {
  if (rows.some(({ state }) => state === 'active')) await workers.look();
  const held = await readHeldJobs(redis.client, keys, rows);
  return rows.map((row, index) => {
    const ranBy = row.workerId === null ? 'unknown' : workers.whereabouts(row.workerId);
    return { row, verdict: decideRecovery(row, held[index] ?? 'unfinished', ranBy) };
  });
}

async function addJobs(
  jobs: readonly EnqueueableJob[],
  lost: readonly JudgedRow[],
  { queues, hasRoom = async () => true }: RecoverParts,
): Promise<void> {
  if (jobs.length === 0) return;
  if (!(await hasRoom())) throw new FleetError('unavailable', 'Redis has no room for the jobs that it does not hold.');
  const verdicts = new Map(lost.map(({ row, verdict }) => [row.id, { verdict, state: row.state }]));
  await Promise.all(
    jobs.flatMap((job) => {
      const found = verdicts.get(job.id);
      return [
        // A dead job that was sent again while Redis was away left a note.
        ...(found?.state === 'accepted' && job.started ? [queues.unbury(job.tenantId, job.id)] : []),
        ...(found?.verdict.kind === 'take-out-and-add' ? [takeOut(job, queues)] : []),
      ];
    }),
  );
  await queues.add(jobs.map(toLanedJob));
}

async function takeOut(row: EnqueueableJob, queues: Pick<LaneQueues, 'remove'>): Promise<void> {
  const { lane, job } = toLanedJob(row);
  await queues.remove(lane, job.id);
}

function acceptedOf(jobs: readonly EnqueueableJob[], lost: readonly JudgedRow[]): string[] {
  const accepted = new Set(lost.filter(({ row }) => row.state === 'accepted').map(({ row }) => row.id));
  return jobs.map(({ id }) => id).filter((id) => accepted.has(id));
}

/** Rows in any other state say already that Redis was given the job. */
async function mark(ids: readonly string[], permit: Permit, db: Database): Promise<void> {
  if (ids.length > 0 && permit.holds()) await markQueued(db, ids);
}
