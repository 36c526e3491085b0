import type { Database } from '../connect.js';
import type { UnfinishedRow } from './unfinishedRows.js';
import { UNFINISHED_COLUMNS } from './unfinishedRows.js';

const FIND = `
SELECT ${UNFINISHED_COLUMNS} FROM jobs j
WHERE j.queued_at IS NULL AND j.finished_at IS NULL AND j.updated_at < now() - $1 * interval '1 millisecond'
ORDER BY j.id LIMIT $2`;

/**
 * Jobs that were accepted but never marked as queued: their acceptor died or lost Redis in between.
 * @param olderThanMs minimum time in this state
 */
export async function findUnqueued(db: Database, olderThanMs: number, limit: number): Promise<UnfinishedRow[]> {
  const { rows } = await db.$client.query<UnfinishedRow>({
    name: 'find_unqueued',
    text: FIND,
    values: [olderThanMs, limit],
  });
  return rows;
}
