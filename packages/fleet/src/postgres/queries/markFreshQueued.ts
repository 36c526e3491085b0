import type { Database } from '../connect.js';

const MARK = `
UPDATE jobs SET state = CASE WHEN due_at > now() THEN 'delayed' ELSE 'queued' END, queued_at = now(), updated_at = now()
WHERE id = ANY($1::uuid[]) AND state = 'accepted' AND fence = 0`;

/**
 * Notes that Redis has these jobs, some time after it got them. One that has started since is left as it is, even if it died
 * and was driven back meanwhile: whether Redis has it now is for others to say.
 */
export async function markFreshQueued(db: Database, ids: readonly string[]): Promise<void> {
  await db.$client.query({ name: 'mark_fresh_queued', text: MARK, values: [ids] });
}
