import type { Database } from '../connect.js';

/** Unfinished jobs of all tenants. */
export interface Backlog {
  /** Accepted and not running. */
  readonly waiting: number;
  readonly active: number;
}

const COUNT = `
SELECT (count(*) FILTER (WHERE state <> 'active'))::int AS waiting, (count(*) FILTER (WHERE state = 'active'))::int AS active
FROM jobs WHERE finished_at IS NULL`;

/** Counts the unfinished jobs of all tenants. Reads an index entry of each, so call it at most once a second. */
export async function countBacklog(db: Database): Promise<Backlog> {
  const { rows } = await db.$client.query<Backlog>({ name: 'count_backlog', text: COUNT });
  return rows[0] ?? { waiting: 0, active: 0 };
}
