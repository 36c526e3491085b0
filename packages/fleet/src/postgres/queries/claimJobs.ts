import type { DeathCategory, JobError } from '@sluice/shared/contracts/deadLetter';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Database } from '../connect.js';

/** A job that a worker wants to start. */
export interface ClaimRequest {
  readonly id: string;
  /** Only a job of this tenant is claimed. */
  readonly tenantId: string;
  readonly workerId: string;
  /**
   * A retry of a claim that got no response: an open attempt of this worker comes from that claim, not from a crash.
   */
  readonly again?: boolean;
}

/** The ledger's row of a requested job. */
export interface ClaimedJob {
  readonly id: string;
  readonly tenantId: string;
  /** `active` when the claim succeeded; a terminal state when the job is over. */
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
  /** Set for a job that is over. */
  readonly result: unknown;
  /** Set for a job that is over. */
  readonly error: JobError | null;
  /** Set for a dead job. */
  readonly deathCategory: DeathCategory | null;
  readonly cancelRequested: boolean;
  /** Time since acceptance, in ms. */
  readonly ageMs: number;
  /** No earlier claim started it, except claims released before the job ran. */
  readonly isFirstStart: boolean;
  /** Time until it is due, in ms, for a job that came too early and was not started; else 0. */
  readonly earlyMs: number;
}

/**
 * `= ANY($1)` bounds every scan by the batch, as in `settleJobs`. Rows are locked before they are evaluated: of two
 * concurrent claims, the later one sees the attempt of the earlier one. An attempt may already have an open row: the
 * previous version wrote it at the start.
 */
const CLAIM = `
WITH found AS (
  SELECT j.id, j.tenant_id, j.state, j.fence, j.attempt_started_at, w.worker_id AS claimer,
         coalesce(j.worker_id, w.worker_id) AS holder, w.again AND j.worker_id = w.worker_id AS own,
         coalesce(j.due_at > now() + interval '1 second', false) AS early
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[]) AS w(id, tenant_id, worker_id, again)
  JOIN jobs j ON j.id = w.id AND j.tenant_id = w.tenant_id
  WHERE j.id = ANY($1)
  FOR UPDATE OF j
), lost AS (
  INSERT INTO attempts (job_id, number, tenant_id, worker_id, started_at, finished_at, outcome)
  SELECT id, fence, tenant_id, holder, coalesce(attempt_started_at, now()), now(),
         CASE WHEN own THEN 'released' ELSE 'lost' END
  FROM found WHERE state = 'active'
  ON CONFLICT (job_id, number) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome
), claimed AS (
  UPDATE jobs j
  SET state = 'active', fence = j.fence + 1, worker_id = f.claimer, attempt_started_at = now(),
      started_at = CASE WHEN f.state = 'active' AND f.own AND j.started_at = j.attempt_started_at THEN now()
                        ELSE coalesce(j.started_at, now()) END, due_at = NULL, updated_at = now(), queued_at = coalesce(j.queued_at, now()),
      crashes = j.crashes + CASE WHEN f.state = 'active' AND f.own IS NOT TRUE THEN 1 ELSE 0 END
  FROM found f
  WHERE j.id = ANY($1) AND j.id = f.id AND f.state IN ('accepted', 'queued', 'delayed', 'active', 'retrying')
    AND NOT f.early
  RETURNING j.*
)
SELECT id, tenant_id, state, fence, failures, deferrals, crashes, max_attempts, timeout_ms, traceparent, data,
       NULL::jsonb AS result, NULL::jsonb AS error, NULL::text AS death_category,
       cancel_requested_at IS NOT NULL AS cancel_requested,
       (extract(epoch FROM now() - accepted_at) * 1000)::float8 AS age_ms, started_at = attempt_started_at AS first_start,
       0::float8 AS early_ms
FROM claimed
UNION ALL
SELECT j.id, j.tenant_id, j.state, j.fence, j.failures, j.deferrals, j.crashes, j.max_attempts,
       j.timeout_ms, j.traceparent, NULL::jsonb, j.result, j.error,
       (SELECT d.category FROM dead_letters d WHERE d.job_id = j.id ORDER BY d.died_at DESC LIMIT 1), false, 0, false,
       CASE WHEN f.early AND j.finished_at IS NULL THEN extract(epoch FROM j.due_at - now()) * 1000 ELSE 0 END
FROM found f JOIN jobs j USING (id)
WHERE j.id = ANY($1) AND (f.early OR f.state NOT IN ('accepted', 'queued', 'delayed', 'active', 'retrying'))`;

/**
 * Starts an attempt of each job: one statement, one commit. A predecessor's attempt that never ended is recorded as
 * lost and counted as a crash; the fence grows, so that later writes of the predecessor are rejected. A job that is due
 * more than a second from now by the ledger's clock is not started: the process that promoted it uses a different
 * clock.
 * @returns a row per job in the order of the requests; null where the ledger does not have the job
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
  first_start: boolean;
  early_ms: number;
}

function toClaimedJob(row: ClaimRow): ClaimedJob {
  return {
    id: row.id,
    tenantId: row.tenant_id,
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
    isFirstStart: row.first_start,
    earlyMs: row.early_ms,
  };
}
