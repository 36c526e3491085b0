import type { Database } from '../connect.js';
import type { NewJob } from './insertJobs.js';

const FILL = `
UPDATE jobs
SET user_id = late."userId", role = late.role, priority = late.priority, timeout_ms = late."timeoutMs",
    max_attempts = late."maxAttempts", traceparent = late.traceparent
FROM jsonb_to_recordset($1::jsonb) AS late(id uuid, "tenantId" text, "userId" text, role text, priority smallint,
     "timeoutMs" integer, "maxAttempts" smallint, traceparent text)
WHERE jobs.id = late.id AND jobs.tenant_id = late."tenantId" AND jobs.id = ANY($2::uuid[])
  AND jobs.durability = 'redis' AND jobs.user_id IS NULL`;

/** Completes the rows of jobs with `durability: redis` whose worker wrote them before their producer did. */
export async function fillAdoptedJobs(db: Database, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  const late = jobs.map(({ data: _data, ...row }) => row);
  await db.$client.query({
    name: 'fill_adopted_jobs',
    text: FILL,
    values: [JSON.stringify(late), late.map(({ id }) => id)],
  });
}
