import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Session } from '../connect.js';

/** The result of a cancellation. */
export type Cancellation =
  | { readonly kind: 'cancelled'; readonly queueClass: string; readonly queueJobId: string | null }
  | { readonly kind: 'running' }
  | { readonly kind: 'finished'; readonly state: JobState }
  | { readonly kind: 'unknown' };

const CANCEL = `
UPDATE jobs
SET state = CASE WHEN state = 'active' THEN state ELSE 'cancelled' END,
    finished_at = CASE WHEN state = 'active' THEN NULL ELSE now() END,
    cancel_requested_at = coalesce(cancel_requested_at, now()), updated_at = now()
WHERE id = $1 AND tenant_id = $2 AND state IN ('accepted', 'queued', 'delayed', 'active', 'retrying')
RETURNING state, queue_class, queue_job_id`;

/** Cancels a waiting job at once, or records the request for one that runs. */
export async function cancelJob(db: Session, tenantId: string, id: string): Promise<Cancellation> {
  const { rows } = await db.$client.query<{ state: JobState; queue_class: string; queue_job_id: string | null }>({
    name: 'cancel_job',
    text: CANCEL,
    values: [id, tenantId],
  });
  const [row] = rows;
  if (row === undefined) return findEnded(db, tenantId, id);
  if (row.state === 'active') return { kind: 'running' };
  return { kind: 'cancelled', queueClass: row.queue_class, queueJobId: row.queue_job_id };
}

async function findEnded(db: Session, tenantId: string, id: string): Promise<Cancellation> {
  const { rows } = await db.$client.query<{ state: JobState }>({
    name: 'job_state',
    text: 'SELECT state FROM jobs WHERE id = $1 AND tenant_id = $2',
    values: [id, tenantId],
  });
  return rows[0] === undefined ? { kind: 'unknown' } : { kind: 'finished', state: rows[0].state };
}
