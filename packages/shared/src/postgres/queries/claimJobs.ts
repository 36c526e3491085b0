import type { DeathCategory, JobError } from '../../contracts/deadLetter.js';
import type { TenantRole } from '../../contracts/identity.js';
import type { JobState } from '../../contracts/jobStates.js';
import type { Database } from '../connect.js';

/** A job that a worker wants to start. */
export interface ClaimRequest {
  readonly id: string;
  /** Only a job of this tenant is taken. */
  readonly tenantId: string;
  readonly workerId: string;
  /** An earlier try of this same claim got no answer: an open attempt of this worker is that try's, and no crash. */
  readonly again?: boolean;
}

/** The ledger's row of a job that was asked for. */
export interface ClaimedJob {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string | null;
  readonly role: TenantRole;
  /** `active` when the claim took; a terminal state when the job is over. */
  readonly state: JobState;
  /** Number of this attempt; every write of its outcome must carry it. */
  readonly fence: number;
  readonly failures: number;
  readonly deferrals: number;
  readonly crashes: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  readonly traceparent: string | null;
  readonly data: unknown;
  /** Of a job that is over. */
  readonly result: unknown;
  /** Of a job that is over. */
  readonly error: JobError | null;
  /** Of a job that is dead. */
  readonly deathCategory: DeathCategory | null;
  readonly cancelRequested: boolean;
  /** Since it was accepted, in ms. */
  readonly ageMs: number;
}

/** `= ANY($1)` bounds every scan by the batch, as in `settleJobs`. */
const CLAIM = `
WITH wanted AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[]) AS w(id, tenant_id, worker_id, again)
), lost AS (
  UPDATE attempts a
  SET finished_at = now(), outcome = CASE WHEN w.again AND a.worker_id = w.worker_id THEN 'released' ELSE 'lost' END
  FROM wanted w JOIN jobs j ON j.id = w.id AND j.tenant_id = w.tenant_id
  WHERE j.id = ANY($1) AND a.job_id = j.id AND a.number = j.fence AND a.finished_at IS NULL
  RETURNING a.job_id, a.outcome
), claimed AS (
  UPDATE jobs j
  SET state = 'active', fence = j.fence + 1, started_at = coalesce(j.started_at, now()), due_at = NULL,
      updated_at = now(), queued_at = coalesce(j.queued_at, now()),
      crashes = j.crashes + CASE WHEN EXISTS (SELECT 1 FROM lost WHERE lost.job_id = j.id AND lost.outcome = 'lost') THEN 1 ELSE 0 END
  FROM wanted w
  WHERE j.id = ANY($1) AND j.id = w.id AND j.tenant_id = w.tenant_id
    AND j.state IN ('accepted', 'queued', 'delayed', 'active', 'retrying')
  RETURNING j.*, w.worker_id AS claimer
), started AS (
  INSERT INTO attempts (job_id, number, tenant_id, worker_id)
  SELECT id, fence, tenant_id, claimer FROM claimed
)
SELECT c.id, c.tenant_id, c.user_id, c.role, c.state, c.fence, c.failures, c.deferrals, c.crashes, c.max_attempts,
       c.timeout_ms, c.traceparent, c.data, NULL::jsonb AS result, NULL::jsonb AS error, NULL::text AS death_category,
       c.cancel_requested_at IS NOT NULL AS cancel_requested,
       (extract(epoch FROM now() - c.accepted_at) * 1000)::float8 AS age_ms
FROM claimed c
UNION ALL
SELECT j.id, j.tenant_id, j.user_id, j.role, j.state, j.fence, j.failures, j.deferrals, j.crashes, j.max_attempts,
       j.timeout_ms, j.traceparent, NULL::jsonb, j.result, j.error,
       (SELECT d.category FROM dead_letters d WHERE d.job_id = j.id ORDER BY d.died_at DESC LIMIT 1), false, 0
FROM jobs j JOIN wanted USING (id, tenant_id)
WHERE j.id = ANY($1) AND j.state NOT IN ('accepted', 'queued', 'delayed', 'active', 'retrying')`;

/**
 * Starts an attempt of each job: one statement, one commit. Open attempts of a predecessor are closed as lost and
 * counted as crashes; the fence grows, so nothing that a predecessor writes later is taken.
 * @returns a row per job in the order asked for; null where the ledger does not know the job
 */
export async function claimJobs(db: Database, requests: readonly ClaimRequest[]): Promise<(ClaimedJob | null)[]> {
  const { rows } = await db.$client.query<ClaimRow>({
    name: 'claim_jobs',
    text: CLAIM,
    values: [
      requests.map(({ id }) => id),
      requests.map(({ tenantId }) => tenantId),
      requests.map(({ workerId }) => workerId),
      requests.map(({ again }) => again ?? false),
    ],
  });
  const byId = new Map(rows.map((row) => [row.id, toClaimedJob(row)]));
  return requests.map(({ id }) => byId.get(id) ?? null);
}

interface ClaimRow {
  id: string;
  tenant_id: string;
  user_id: string | null;
  role: TenantRole;
  state: JobState;
  fence: number;
  failures: number;
  deferrals: number;
  crashes: number;
  max_attempts: number;
  timeout_ms: number;
  traceparent: string | null;
  data: unknown;
  result: unknown;
  error: JobError | null;
  death_category: DeathCategory | null;
  cancel_requested: boolean;
  age_ms: number;
}

function toClaimedJob(row: ClaimRow): ClaimedJob {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    userId: row.user_id,
    role: row.role,
    state: row.state,
    fence: row.fence,
    failures: row.failures,
    deferrals: row.deferrals,
    crashes: row.crashes,
    maxAttempts: row.max_attempts,
    timeoutMs: row.timeout_ms,
    traceparent: row.traceparent,
    data: row.data,
    result: row.result,
    error: row.error,
    deathCategory: row.death_category,
    cancelRequested: row.cancel_requested,
    ageMs: row.age_ms,
  };
}
