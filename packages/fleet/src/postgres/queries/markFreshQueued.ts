import type { Database } from '../connect.js';

const MARK = `
UPDATE jobs SET state = CASE WHEN due_at > now() THEN 'delayed' ELSE 'queued' END, queued_at = now(), updated_at = now()
WHERE id = ANY($1::uuid[]) AND state = 'accepted' AND fence = 0`;

/**
 * Records, with some delay, that Redis has these jobs. A job that has started since is not changed, even if it died and
 * was redriven meanwhile: this process does not know whether Redis has it now.
 */
export async function markFreshQueued(db: Database, ids: readonly string[]): Promise<void> {
  await db.$client.query({ name: 'mark_fresh_queued', text: MARK, values: [ids] });
}
