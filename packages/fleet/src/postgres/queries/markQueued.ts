import type { Database } from '../connect.js';

const MARK = `
UPDATE jobs SET state = CASE WHEN due_at > now() THEN 'delayed' ELSE 'queued' END, queued_at = now(), updated_at = now()
WHERE id = ANY($1::uuid[]) AND state = 'accepted'`;

/** Records that Redis has these jobs. Jobs that a worker has claimed meanwhile are not changed. */
export async function markQueued(db: Database, ids: readonly string[]): Promise<void> {
  await db.$client.query({ name: 'mark_queued', text: MARK, values: [ids] });
}
