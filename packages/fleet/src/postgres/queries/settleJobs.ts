import type { DeathCategory, JobError, Severity } from '@sluice/shared/contracts/deadLetter';
import type { AttemptOutcome, JobState } from '@sluice/shared/contracts/jobStates';
import type { Database } from '../connect.js';

/** How an attempt ended; written only if the attempt still owns its job. */
export interface Settlement {
  readonly id: string;
  /** Number of the attempt, from the claim. */
  readonly fence: number;
  /** The job's next state. */
  readonly state: Extract<JobState, 'completed' | 'retrying' | 'queued' | 'dead' | 'cancelled'>;
  readonly outcome: AttemptOutcome;
  /** The job was claimed and released before it ran: if this was its first claim, it counts as not started. */
  readonly neverRan?: true;
  readonly result: unknown;
  readonly error: JobError | null;
  /** Time until the next attempt, in ms; null when there is none or it is due now. */
  readonly retryInMs: number | null;
  readonly death: { readonly category: DeathCategory; readonly severity: Severity } | null;
}

/**
 * `= ANY($2)` bounds every scan by the batch, however large the planner thinks a young table is: without it, a plan
 * made for a few hundred rows reads the whole index at each settlement, and stays cached while the table grows. An
 * attempt may already have an open row: the previous version wrote it at the start.
 */
const SETTLE = `
WITH outcome AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS o(id uuid, fence integer, state text, outcome text, result jsonb,
    error jsonb, "retryInMs" bigint, death jsonb, "neverRan" boolean)
), settled AS (
  UPDATE jobs j
  SET state = o.state, result = o.result, error = o.error, updated_at = now(),
      started_at = CASE WHEN o."neverRan" AND j.started_at = j.attempt_started_at THEN NULL ELSE j.started_at END,
      failures = j.failures + CASE WHEN o.outcome = 'failed' THEN 1 ELSE 0 END,
      crashes = j.crashes + CASE WHEN o.outcome = 'lost' THEN 1 ELSE 0 END,
      deferrals = j.deferrals + CASE WHEN o.outcome = 'deferred' THEN 1 ELSE 0 END,
      due_at = now() + o."retryInMs" * interval '1 millisecond',
      finished_at = CASE WHEN o.state IN ('completed', 'dead', 'cancelled') THEN now() END
  FROM outcome o
  WHERE j.id = ANY($2::uuid[]) AND j.id = o.id AND j.fence = o.fence AND j.state = 'active'
  RETURNING j.*, o.outcome, o.death
), ended AS (
  INSERT INTO attempts (job_id, number, tenant_id, worker_id, started_at, finished_at, outcome, error, retry_at)
  SELECT id, fence, tenant_id, coalesce(worker_id, ''), coalesce(attempt_started_at, now()), now(), outcome, error, due_at
  FROM settled
  ON CONFLICT (job_id, number) DO UPDATE
  SET finished_at = excluded.finished_at, outcome = excluded.outcome, error = excluded.error, retry_at = excluded.retry_at
), buried AS (
  INSERT INTO dead_letters (job_id, tenant_id, task, category, severity, error, attempts, queued_at)
  SELECT id, tenant_id, task, death->>'category', death->>'severity', error, fence, queued_at
  FROM settled
  WHERE state = 'dead'
)
SELECT id, fence FROM settled`;

const FIND_WRITTEN = `
SELECT a.job_id AS id, a.number AS fence
FROM jsonb_to_recordset($1::jsonb) AS o(id uuid, fence integer, outcome text)
JOIN attempts a ON a.job_id = o.id AND a.number = o.fence AND a.outcome = o.outcome
WHERE a.job_id = ANY($2::uuid[])`;

/**
 * Writes how attempts ended: one statement, one commit. Applies only to attempts that still own their job. A settlement
 * that was applied before is reported as applied again: it was committed, but the response was lost with the
 * connection.
 * @returns for each settlement whether it was applied, in order
 */
export async function settleJobs(db: Database, settlements: readonly Settlement[]): Promise<boolean[]> {
  const { rows } = await db.$client.query<AttemptKey>({
    name: 'settle_jobs',
    text: SETTLE,
    values: [JSON.stringify(settlements), settlements.map(({ id }) => id)],
  });
  const taken = new Set(rows.map(keyOf));
  const left = settlements.filter((settlement) => !taken.has(keyOf(settlement)));
  if (left.length > 0) for (const written of await findWritten(db, left)) taken.add(keyOf(written));
  return settlements.map((settlement) => taken.has(keyOf(settlement)));
}

/** A separate statement, so that it sees what a concurrent one has committed meanwhile. */
async function findWritten(db: Database, settlements: readonly Settlement[]): Promise<AttemptKey[]> {
  const { rows } = await db.$client.query<AttemptKey>({
    name: 'find_settled_attempts',
    text: FIND_WRITTEN,
    values: [
      JSON.stringify(settlements.map(({ id, fence, outcome }) => ({ id, fence, outcome }))),
      settlements.map(({ id }) => id),
    ],
  });
  return rows;
}

type AttemptKey = Pick<Settlement, 'id' | 'fence'>;

function keyOf({ id, fence }: AttemptKey): string {
  return `${id} ${fence}`;
}
