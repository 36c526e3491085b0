import type { Database } from '@sluice/fleet/postgres/connect';
import { adoptOccurrence } from '@sluice/fleet/postgres/queries/adoptOccurrence';
import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import { laneName } from '@sluice/shared/domain/lane';
import { occurrenceOf } from '@sluice/shared/domain/schedule';
import { derivedId, derivedIdAt, isId } from '@sluice/shared/ids/ids';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { toStorableJson, toStorableText } from '../domain/storable.js';
import type { LedgerBatches } from '../ledger/ledgerBatches.js';

/** Starts attempts in the ledger. */
export interface Claimer {
  /**
   * Starts an attempt of a job that BullMQ delivered. A job unknown to the ledger is written first: it comes from a
   * plain BullMQ client or a schedule, or its producer has not written it yet.
   * @returns the ledger's row, or null when the id belongs to another tenant or the schedule no longer exists
   */
  claim(job: ActiveJob): Promise<ClaimedJob | null>;
}

/** Dependencies of the claimer. */
export interface ClaimerParts {
  readonly turns: Pick<LedgerBatches, 'claim'>;
  readonly db: Database;
  readonly tasks: Pick<TaskCatalogue, 'find'>;
  /** Id of this process. */
  readonly workerId: string;
}

/** Timeout of an attempt whose task is unknown, in ms; the job is dead-lettered before it runs. */
const UNKNOWN_TASK_TIMEOUT_MS = 60_000;

/** Claims through the ledger's batches. */
export function createClaimer({ turns, db, tasks, workerId }: ClaimerParts): Claimer {
  /** Claims that failed without an answer: they may have been committed. */
  const unanswered = new WeakSet<ActiveJob>();

  function claimOnce(job: ActiveJob): Promise<ClaimedJob | null> {
    const again = unanswered.has(job);
    const claim = turns.claim({ id: ledgerIdOf(job), tenantId: job.lane.tenantId, workerId, again });
    return claim.catch((error: unknown) => {
      unanswered.add(job);
      throw error;
    });
  }

  return {
    async claim(job) {
      const claimed = await claimOnce(job);
      if (claimed !== null) return claimed;
      const occurrence = occurrenceOf(job.id);
      if (occurrence === null) await insertJobs(db, [adopt(job, tasks)]);
      else await adoptOccurrence(db, { ...occurrence, ...job.lane, id: ledgerIdOf(job), queueJobId: job.id });
      return claimOnce(job);
    },
  };
}

/** The ledger's id of a job: its own when Sluice assigned it, else one derived deterministically. */
export function ledgerIdOf(job: Pick<ActiveJob, 'id' | 'lane'>): string {
  const occurrence = occurrenceOf(job.id);
  // A scheduled job sorts by its due time among the generated ids.
  if (occurrence !== null) return derivedIdAt(`${laneName(job.lane)}:${job.id}`, occurrence.dueMs);
  // PostgreSQL returns UUIDs in lower case, so any other spelling would not match later.
  const isOurs = isId(job.id) && job.id === job.id.toLowerCase();
  return isOurs ? job.id : derivedId(`${laneName(job.lane)}:${job.id}`);
}

/**
 * The row of a job that the ledger does not know. Keeps a plain client's own retries; everything else takes the
 * defaults.
 */
function adopt(job: ActiveJob, tasks: Pick<TaskCatalogue, 'find'>): NewJob {
  const id = ledgerIdOf(job);
  return {
    id,
    tenantId: job.lane.tenantId,
    userId: null,
    role: 'member',
    task: toStorableText(job.task),
    queueClass: job.lane.queueClass,
    queueJobId: id === job.id ? null : toStorableText(job.id),
    state: 'queued',
    priority: 50,
    data: storableData(job.data),
    maxAttempts: Math.min(Math.max(Math.trunc(Number(job.maxAttempts)) || 1, 1), 25),
    timeoutMs: tasks.find(job.task)?.timeoutMs ?? UNKNOWN_TASK_TIMEOUT_MS,
    delayMs: 0,
    dedupeKey: null,
    durability: 'redis',
    traceparent: job.traceparent,
  };
}

/**
 * A plain client may add anything; data that the ledger cannot store is treated as missing, which the task's schema
 * then checks.
 */
function storableData(data: unknown): unknown {
  try {
    return toStorableJson(data ?? null);
  } catch {
    return null;
  }
}
