import type { Database } from '@sluice/fleet/postgres/connect';
import type { JobState } from '@sluice/shared/contracts/jobStates';

/** A job as the ledger has it at the end. */
export interface LedgerJob {
  readonly id: string;
  readonly tenantId: string;
  readonly state: JobState;
  /** Times it was started. */
  readonly starts: number;
  /** From accepted to first started, in ms; null when it never was. */
  readonly waitMs: number | null;
}

const JOBS = `
SELECT id, tenant_id AS "tenantId", state, fence AS starts,
       (extract(epoch FROM started_at - accepted_at) * 1000)::float8 AS "waitMs"
FROM jobs ORDER BY id`;

/** Every job of the demo's ledger. */
export async function readLedger(db: Database): Promise<LedgerJob[]> {
  const { rows } = await db.$client.query<LedgerJob>(JOBS);
  return rows;
}

const MOST_WORKERS = `SELECT tenant_id AS tenant, max(desired)::int AS most FROM scaling_decisions GROUP BY tenant_id`;

/** Most workers that the scaler ever gave each tenant; a tenant that it never decided on is missing. */
export async function readMostWorkers(db: Database): Promise<Map<string, number>> {
  const { rows } = await db.$client.query<{ tenant: string; most: number }>(MOST_WORKERS);
  return new Map(rows.map(({ tenant, most }) => [tenant, most]));
}

const MOST_AT_ONCE = `
SELECT tenant, max(running)::int AS most
FROM (
  SELECT tenant_id AS tenant, sum(step) OVER (PARTITION BY tenant_id ORDER BY at, step) AS running
  FROM (
    SELECT tenant_id, started_at AS at, 1 AS step FROM attempts
    UNION ALL
    SELECT tenant_id, finished_at, -1 FROM attempts WHERE finished_at IS NOT NULL
  ) steps
) counted GROUP BY tenant`;

/** Most attempts of each tenant that ran at the same time. */
export async function readMostAtOnce(db: Database): Promise<Map<string, number>> {
  const { rows } = await db.$client.query<{ tenant: string; most: number }>(MOST_AT_ONCE);
  return new Map(rows.map(({ tenant, most }) => [tenant, most]));
}

const UNFINISHED = `
SELECT count(*)::int AS unfinished FROM jobs WHERE state NOT IN ('completed', 'dead', 'cancelled', 'expired', 'shed')`;

/** Jobs that have not come to their end. */
export async function countUnfinishedJobs(db: Database): Promise<number> {
  const { rows } = await db.$client.query<{ unfinished: number }>(UNFINISHED);
  return rows[0]?.unfinished ?? 0;
}
