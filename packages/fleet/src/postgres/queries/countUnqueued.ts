import type { Database } from '../connect.js';

const COUNT = `
SELECT tenant_id AS tenant, count(*)::int AS jobs
FROM (SELECT tenant_id FROM jobs WHERE queued_at IS NULL AND finished_at IS NULL LIMIT $1) AS counted
GROUP BY tenant_id`;

/**
 * Number of jobs per tenant that are accepted but not marked as queued; counts at most `limit` in total, by their own
 * index.
 */
export async function countUnqueued(db: Database, limit: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.$client.query<{ tenant: string; jobs: number }>({
    name: 'count_unqueued_by_tenant',
    text: COUNT,
    values: [limit],
  });
  return new Map(rows.map(({ tenant, jobs }) => [tenant, jobs]));
}
