import type { Database } from '../connect.js';
import { firstIdAt, MAX_ANALYSED_JOBS } from './analyseJobs.js';

/** Figures of a tenant's recently accepted jobs. */
export interface TenantAnalysis {
  readonly tenantId: string;
  readonly accepted: number;
  readonly completed: number;
  readonly dead: number;
  /** Attempts that failed, and attempts that upstreams deferred. */
  readonly failed: number;
  readonly deferred: number;
  /** Accepted and never started. */
  readonly waiting: number;
  /** From when it could start to its first start, or until now if it still waits, in ms; null when there was none. */
  readonly waitAvgMs: number | null;
  readonly waitP90Ms: number | null;
  readonly serviceP90Ms: number | null;
}

/** The criterion that ranks the worst tenants. */
export type FleetRank = 'wait' | 'backlog' | 'failures';

/** Counts attempts as `analyseJobs` does. */
const ANALYSE = `
WITH found AS MATERIALIZED (
  SELECT id, fence, tenant_id, state,
    CASE WHEN started_at IS NOT NULL OR (finished_at IS NULL AND ranked_since <= now()) THEN
      date_part('epoch', coalesce(started_at, now())
        - CASE WHEN started_at IS NULL OR ranked_since <= started_at THEN greatest(accepted_at, ranked_since)
               ELSE accepted_at END) * 1000 END AS wait_ms,
    CASE WHEN state = 'completed' THEN date_part('epoch', finished_at - attempt_started_at) * 1000 END AS service_ms,
    started_at IS NULL AND finished_at IS NULL AS waits
  FROM jobs WHERE id >= $1 AND id < $2
  ORDER BY id DESC LIMIT $5
), tried AS (
  SELECT f.tenant_id, (count(*) FILTER (WHERE a.outcome = 'failed'))::int AS failed,
    (count(*) FILTER (WHERE a.outcome = 'deferred'))::int AS deferred
  FROM found f, LATERAL (SELECT outcome FROM attempts WHERE job_id = f.id OFFSET 0) AS a
  WHERE f.fence > 0 AND NOT (f.fence = 1 AND f.state = 'completed')
  GROUP BY 1
), counted AS (
  SELECT tenant_id AS "tenantId", count(*)::int AS accepted, (count(*) FILTER (WHERE state = 'completed'))::int AS completed,
    (count(*) FILTER (WHERE state = 'dead'))::int AS dead,
    coalesce(max(failed), 0) AS failed, coalesce(max(deferred), 0) AS deferred,
    (count(*) FILTER (WHERE waits))::int AS waiting, avg(wait_ms)::float8 AS "waitAvgMs",
    (percentile_cont(0.9) WITHIN GROUP (ORDER BY wait_ms))::float8 AS "waitP90Ms",
    (percentile_cont(0.9) WITHIN GROUP (ORDER BY service_ms))::float8 AS "serviceP90Ms"
  FROM found LEFT JOIN tried USING (tenant_id) GROUP BY tenant_id
)
SELECT * FROM counted
ORDER BY CASE $3::text WHEN 'wait' THEN coalesce("waitP90Ms", 0) WHEN 'backlog' THEN waiting ELSE failed + dead END DESC, "tenantId"
LIMIT $4`;

/**
 * The tenants whose jobs, accepted between two moments, fared worst. Reads at most {@link MAX_ANALYSED_JOBS}, the
 * newest.
 */
export async function analyseFleet(
  db: Database,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  rank: FleetRank,
  limit: number,
): Promise<TenantAnalysis[]> {
  const { rows } = await db.$client.query<TenantAnalysis>({
    name: 'analyse_fleet',
    text: ANALYSE,
    values: [firstIdAt(fromMs), firstIdAt(toMs), rank, limit, MAX_ANALYSED_JOBS],
  });
  return rows;
}
