import type { Occurrence } from '@sluice/shared/domain/schedule';
import type { Database } from '../connect.js';

const ADOPT = `
INSERT INTO jobs (id, tenant_id, user_id, role, task, queue_class, queue_job_id, state, priority, data, max_attempts,
                  timeout_ms, durability, accepted_at, queued_at)
SELECT $1, s.tenant_id, s.user_id, s.role, s.task, s.queue_class, $2, 'queued', s.priority, s.data, s.max_attempts,
       s.timeout_ms, 'ledger', due.at, due.at
FROM schedules s JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL,
     (SELECT least(now(), to_timestamp($3::float8 / 1000)) AS at) due
WHERE s.id = $4 AND s.tenant_id = $5 AND s.queue_class = $6
ON CONFLICT DO NOTHING`;

/** A schedule's occurrence that is about to become a job. */
export interface OccurrenceJob extends Occurrence {
  /** Id of the job in the ledger. */
  readonly id: string;
  /** Id of the BullMQ job. */
  readonly queueJobId: string;
  readonly tenantId: string;
  readonly queueClass: string;
}

/**
 * Writes the job of an occurrence as its schedule defines it, with its due time as the time of acceptance. Writes
 * nothing when the schedule no longer exists, or when the job already does.
 */
export async function adoptOccurrence(db: Database, job: OccurrenceJob): Promise<void> {
  const { id, queueJobId, dueMs, scheduleId, tenantId, queueClass } = job;
  await db.$client.query({
    name: 'adopt_occurrence',
    text: ADOPT,
    values: [id, queueJobId, dueMs, scheduleId, tenantId, queueClass],
  });
}
