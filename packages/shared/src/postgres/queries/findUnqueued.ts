import type { Database } from '../connect.js';
import type { EnqueueableJob } from './redriveJob.js';
import { ENQUEUEABLE_COLUMNS } from './redriveJob.js';

const FIND = `
SELECT ${ENQUEUEABLE_COLUMNS} FROM jobs
WHERE queued_at IS NULL AND finished_at IS NULL AND updated_at < now() - $1 * interval '1 millisecond'
ORDER BY id LIMIT $2`;

/**
 * Jobs that were accepted but never marked as queued: whoever accepted them died or lost Redis in between.
 * @param olderThanMs how long they must have been so
 */
export async function findUnqueued(db: Database, olderThanMs: number, limit: number): Promise<EnqueueableJob[]> {
  const { rows } = await db.$client.query<EnqueueableJob>({
    name: 'find_unqueued',
    text: FIND,
    values: [olderThanMs, limit],
  });
  return rows;
}
