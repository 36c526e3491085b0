import type { TenantRole } from '@sluice/shared/contracts/identity';
import type { Session } from '../connect.js';

/** What is needed to add a job to its queue. */
export interface EnqueueableJob {
  readonly id: string;
  readonly tenantId: string;
  readonly role: TenantRole;
  readonly task: string;
  readonly queueClass: string;
  readonly queueJobId: string | null;
  readonly priority: number;
  /** Start of its wait, unix ms. */
  readonly rankedSinceMs: number;
  readonly rulePoints: number;
  /** Time of this read by the ledger's clock, unix ms. */
  readonly nowMs: number;
  readonly data: unknown;
  readonly maxAttempts: number;
  /** Time until it is due, in ms; 0 when it is due now. */
  readonly delayMs: number;
  readonly dedupeKey: string | null;
  /** Whether it was started before: it may have left an entry in the dead-letter lane. */
  readonly started: boolean;
  readonly traceparent: string | null;
}

/** Columns of `jobs` that make an {@link EnqueueableJob}. */
export const ENQUEUEABLE_COLUMNS = `id, tenant_id AS "tenantId", role, task, queue_class AS "queueClass",
  queue_job_id AS "queueJobId", priority,
  (extract(epoch FROM ranked_since) * 1000)::float8 AS "rankedSinceMs", rule_points AS "rulePoints",
  (extract(epoch FROM now()) * 1000)::float8 AS "nowMs", data, max_attempts AS "maxAttempts", dedupe_key AS "dedupeKey",
  greatest(0, extract(epoch FROM due_at - now()) * 1000)::float8 AS "delayMs", fence > 0 AS started, traceparent`;

const REDRIVE = `
WITH again AS (
  UPDATE jobs
  SET state = 'accepted', failures = 0, deferrals = 0, crashes = least(crashes, 1), error = NULL, result = NULL, finished_at = NULL,
      due_at = NULL, queued_at = NULL, ranked_since = now(), cancel_requested_at = NULL, updated_at = now()
  WHERE id = $1 AND tenant_id = $2 AND state = 'dead'
  RETURNING *
), noted AS (
  UPDATE dead_letters SET redriven_at = now() WHERE job_id IN (SELECT id FROM again) AND redriven_at IS NULL
)
SELECT ${ENQUEUEABLE_COLUMNS} FROM again`;

/**
 * Returns a dead job to `accepted` with its retries restored, still a suspect if it was one; null when it is not dead
 * or belongs to another tenant.
 */
export async function redriveJob(db: Session, tenantId: string, id: string): Promise<EnqueueableJob | null> {
  const { rows } = await db.$client.query<EnqueueableJob>({
    name: 'redrive_job',
    text: REDRIVE,
    values: [id, tenantId],
  });
  return rows[0] ?? null;
}
