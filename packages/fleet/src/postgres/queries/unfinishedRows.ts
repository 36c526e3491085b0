import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Database } from '../connect.js';
import type { EnqueueableJob } from './redriveJob.js';
import { ENQUEUEABLE_COLUMNS } from './redriveJob.js';

/** An unfinished job, without its payload. */
export interface UnfinishedRow {
  readonly id: string;
  readonly tenantId: string;
  readonly queueClass: string;
  /** Id of the BullMQ job. */
  readonly queueJobId: string;
  readonly state: JobState;
  /** Time since the row was last written, in ms. */
  readonly untouchedMs: number;
  readonly timeoutMs: number;
  /** The worker of an active row. */
  readonly workerId: string | null;
  /** Changes with every write of the row. */
  readonly version: string;
}

/**
 * Columns of `jobs` that make an {@link UnfinishedRow}. Rows older than the column `worker_id` have the worker in their
 * attempt.
 */
export const UNFINISHED_COLUMNS = `j.id, j.tenant_id AS "tenantId", j.queue_class AS "queueClass",
  coalesce(j.queue_job_id, j.id::text) AS "queueJobId", j.state, j.timeout_ms AS "timeoutMs", j.xmin::text AS version,
  (extract(epoch FROM now() - j.updated_at) * 1000)::float8 AS "untouchedMs",
  CASE WHEN j.state = 'active' THEN coalesce(j.worker_id,
    (SELECT a.worker_id FROM attempts a WHERE a.job_id = j.id AND a.number = j.fence)) END AS "workerId"`;

const LIST_TENANTS = `
WITH RECURSIVE t(tenant_id) AS (
  (SELECT tenant_id FROM jobs WHERE finished_at IS NULL AND tenant_id >= $1 ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT j.tenant_id FROM jobs j WHERE j.finished_at IS NULL AND j.tenant_id > t.tenant_id
          ORDER BY j.tenant_id LIMIT 1)
  FROM t WHERE t.tenant_id IS NOT NULL
)
SELECT tenant_id FROM t WHERE tenant_id IS NOT NULL LIMIT $2`;

/**
 * Tenants that have unfinished jobs, by id: one index step per tenant, however many jobs it has.
 * @param from the lowest id to include
 */
export async function listUnfinishedTenants(db: Database, from: string, limit: number): Promise<string[]> {
  const { rows } = await db.$client.query<{ tenant_id: string }>({
    name: 'list_unfinished_tenants',
    text: LIST_TENANTS,
    values: [from, limit],
  });
  return rows.map((row) => row.tenant_id);
}

/**
 * The lateral join runs tenant by tenant, in order, and stops when the page is full; the index serves both orders. The
 * tenant is compared as the first part of a key of that index: with an equality on the tenant, the planner knows that
 * the id alone gives the order, and scans all jobs ever accepted where its statistics say that most belong to one
 * tenant.
 */
const READ_PAGE = `
SELECT j.* FROM unnest($1::text[]) WITH ORDINALITY AS t(tenant_id, n)
CROSS JOIN LATERAL (
  SELECT ${UNFINISHED_COLUMNS} FROM jobs j
  WHERE j.finished_at IS NULL AND j.tenant_id <= t.tenant_id
    AND (j.tenant_id, j.id) > (t.tenant_id, CASE WHEN t.n = 1 THEN $2::uuid ELSE '00000000-0000-0000-0000-000000000000' END)
  ORDER BY j.tenant_id, j.id LIMIT $3
) j
ORDER BY t.n LIMIT $3`;

/**
 * A page of unfinished jobs, grouped by tenant, each group in the order of acceptance.
 * @param tenantIds the tenants to read
 * @param afterId for the first tenant, only jobs after this one
 */
export async function readUnfinishedRows(
  db: Database,
  tenantIds: readonly string[],
  { afterId, limit }: { readonly afterId: string; readonly limit: number },
): Promise<UnfinishedRow[]> {
  const { rows } = await db.$client.query<UnfinishedRow>({
    name: 'read_unfinished_rows',
    text: READ_PAGE,
    values: [tenantIds, afterId, limit],
  });
  return rows;
}

const READ_JOBS = `
SELECT ${ENQUEUEABLE_COLUMNS}, xmin::text AS version FROM jobs WHERE id = ANY($1::uuid[]) AND finished_at IS NULL`;

/**
 * What is needed to add these jobs, in their order; jobs written since their rows were read are omitted. So a job
 * missing from Redis in between is not one that finished meanwhile: the ledger is always written first.
 */
export async function readUnchangedJobs(
  db: Database,
  seen: readonly Pick<UnfinishedRow, 'id' | 'version'>[],
): Promise<EnqueueableJob[]> {
  if (seen.length === 0) return [];
  const { rows } = await db.$client.query<EnqueueableJob & { version: string }>({
    name: 'read_unchanged_jobs',
    text: READ_JOBS,
    values: [seen.map(({ id }) => id)],
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return seen.flatMap(({ id, version }) => {
    const row = byId.get(id);
    return row?.version === version ? [row] : [];
  });
}

const COUNT = 'SELECT tenant_id, count(*)::int AS jobs FROM jobs WHERE finished_at IS NULL GROUP BY tenant_id';

/** Number of unfinished jobs per tenant. Scans their whole index. */
export async function countUnfinishedByTenant(db: Database): Promise<Map<string, number>> {
  const { rows } = await db.$client.query<{ tenant_id: string; jobs: number }>({
    name: 'count_unfinished_by_tenant',
    text: COUNT,
  });
  return new Map(rows.map((row) => [row.tenant_id, row.jobs]));
}
