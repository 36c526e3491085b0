import type { JobError } from '@sluice/shared/contracts/deadLetter';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type pg from 'pg';
import type { Database } from '../connect.js';
import { rollBack } from '../rollBack.js';

/** Which of a tenant's jobs to stream. */
export interface StreamedJobsFilter {
  /** Accepted at or after. */
  readonly since?: Date | undefined;
  /** Accepted before. */
  readonly until?: Date | undefined;
  readonly state?: JobState | undefined;
  readonly task?: string | undefined;
}

/** A job's row without its data and result. */
export interface StreamedJob {
  readonly id: string;
  readonly task: string;
  readonly state: JobState;
  readonly priority: number;
  readonly role: string;
  readonly userId: string | null;
  /** Number of starts. */
  readonly attempts: number;
  /** Failures that counted since it was last submitted or redriven. */
  readonly failures: number;
  readonly acceptedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly dueAt: Date | null;
  readonly error: JobError | null;
}

/** Rows per fetch. */
const FETCH_ROWS = 1_000;

const DECLARE = `
DECLARE streamed_jobs NO SCROLL CURSOR WITHOUT HOLD FOR
SELECT id, task, state, priority, role, user_id AS "userId", fence AS attempts, failures,
       accepted_at AS "acceptedAt", started_at AS "startedAt", finished_at AS "finishedAt", due_at AS "dueAt", error
FROM jobs
WHERE tenant_id = $1
  AND ($2::timestamptz IS NULL OR accepted_at >= $2)
  AND ($3::timestamptz IS NULL OR accepted_at < $3)
  AND ($4::text IS NULL OR state = $4)
  AND ($5::text IS NULL OR task = $5)
ORDER BY id`;

/**
 * Streams a tenant's jobs in the order of their ids, which is the order of acceptance, as of the start of the stream
 * (one read-only snapshot). Holds one connection until the stream is consumed or abandoned.
 *
 * Fetches a thousand rows at a time from a cursor, so that a slow reader does not hit the pool's statement time limit:
 * no statement runs between two fetches.
 */
export async function* streamJobs(
  db: Database,
  tenantId: string,
  filter: StreamedJobsFilter,
): AsyncGenerator<StreamedJob, void, void> {
  const client = await db.$client.connect();
  // A connection lost between two statements emits an event, which would end the process without a listener. The next
  // statement fails anyway.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // A reader may pause longer than the server's limit for idle transactions.
    await client.query("SELECT set_config('sluice.tenant', $1, true)", [tenantId]);
    await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    const { since, until, state, task } = filter;
    await client.query(DECLARE, [tenantId, since ?? null, until ?? null, state ?? null, task ?? null]);
    yield* fetchAll(client);
  } finally {
    const usable = await rollBack(client);
    client.off('error', ignore);
    client.release(!usable);
  }
}

async function* fetchAll(client: pg.PoolClient): AsyncGenerator<StreamedJob, void, void> {
  for (;;) {
    const { rows } = await client.query<StreamedJob>(`FETCH ${FETCH_ROWS} FROM streamed_jobs`);
    yield* rows;
    if (rows.length < FETCH_ROWS) return;
  }
}
