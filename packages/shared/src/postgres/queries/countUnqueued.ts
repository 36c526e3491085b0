import type { Database } from '../connect.js';

const COUNT = `
SELECT count(*)::int AS jobs
FROM (SELECT 1 FROM jobs WHERE queued_at IS NULL AND finished_at IS NULL LIMIT $1) AS counted`;

/** How many jobs of the whole fleet are accepted and not marked as queued; counts to `limit` at most, along their own index. */
export async function countUnqueued(db: Database, limit: number): Promise<number> {
  const { rows } = await db.$client.query<{ jobs: number }>({ name: 'count_unqueued', text: COUNT, values: [limit] });
  return rows[0]?.jobs ?? 0;
}
