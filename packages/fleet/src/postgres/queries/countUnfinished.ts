import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Session } from '../connect.js';

/** Unfinished jobs of a tenant in one state and of one task. */
export interface UnfinishedCount {
  readonly state: JobState;
  readonly task: string;
  readonly count: number;
  /** Age of the oldest one since its acceptance, in ms. */
  readonly oldestMs: number;
}

const COUNT = `
SELECT CASE WHEN state IN ('delayed', 'retrying') AND due_at <= now() THEN 'queued' ELSE state END AS state, task,
       count(*)::int AS count, (extract(epoch FROM now() - min(accepted_at)) * 1000)::float8 AS "oldestMs"
FROM jobs
WHERE tenant_id = $1 AND finished_at IS NULL
GROUP BY 1, 2 ORDER BY 1, 2`;

/** Counts a tenant's unfinished jobs by state and task. */
export async function countUnfinished(db: Session, tenantId: string): Promise<UnfinishedCount[]> {
  const { rows } = await db.$client.query<UnfinishedCount>({
    name: 'count_unfinished',
    text: COUNT,
    values: [tenantId],
  });
  return rows;
}
