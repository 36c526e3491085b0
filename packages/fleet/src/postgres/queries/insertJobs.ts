import type { TenantRole } from '@sluice/shared/contracts/identity';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Database } from '../connect.js';

/** A job to be written to the ledger. */
export interface NewJob {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string | null;
  readonly role: TenantRole;
  readonly task: string;
  readonly queueClass: string;
  readonly queueJobId: string | null;
  /** `accepted`, `queued` where Redis already has it (stored as `delayed` if it has a delay), or `cancelled` since. */
  readonly state: Extract<JobState, 'accepted' | 'queued' | 'cancelled'>;
  readonly priority: number;
  /** Points from priority rules, see `domain/priority.ts`; 0 when omitted. */
  readonly rulePoints?: number;
  readonly data: unknown;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  readonly delayMs: number;
  readonly dedupeKey: string | null;
  readonly durability: 'ledger' | 'redis';
  readonly traceparent: string | null;
}

/** The result of inserting one job. */
export type Inserted =
  | { readonly kind: 'inserted' }
  /** The ledger already has this id: a duplicate request. */
  | { readonly kind: 'known' }
  /** Another unfinished job has this dedupeKey. */
  | { readonly kind: 'duplicate'; readonly jobId: string };

const INSERT = `
INSERT INTO jobs (id, tenant_id, user_id, role, task, queue_class, queue_job_id, state, priority, data, max_attempts,
                  timeout_ms, due_at, dedupe_key, durability, traceparent, queued_at, ranked_since, rule_points,
                  cancel_requested_at, finished_at)
SELECT id, "tenantId", "userId", role, task, "queueClass", "queueJobId",
       CASE WHEN state = 'queued' AND "delayMs" > 0 THEN 'delayed' ELSE state END, priority,
       coalesce(data, 'null'::jsonb), "maxAttempts",
       "timeoutMs", CASE WHEN "delayMs" > 0 THEN now() + "delayMs" * interval '1 millisecond' END,
       "dedupeKey", durability, traceparent, CASE WHEN state = 'queued' THEN now() END,
       now() + "delayMs" * interval '1 millisecond', coalesce("rulePoints", 0),
       CASE WHEN state = 'cancelled' THEN now() END, CASE WHEN state = 'cancelled' THEN now() END
FROM jsonb_to_recordset($1::jsonb) AS j(id uuid, "tenantId" text, "userId" text, role text, task text,
     "queueClass" text, "queueJobId" text, state text, priority smallint, data jsonb, "maxAttempts" smallint,
     "timeoutMs" integer, "delayMs" bigint, "dedupeKey" text, durability text, traceparent text, "rulePoints" smallint)
ON CONFLICT DO NOTHING
RETURNING id`;

const FIND_KNOWN = `
SELECT asked.id AS asked, coalesce(same.id, dup.id) AS found, same.id IS NOT NULL AS known
FROM jsonb_to_recordset($1::jsonb) AS asked(id uuid, "tenantId" text, "dedupeKey" text)
LEFT JOIN jobs same ON same.id = asked.id
LEFT JOIN jobs dup ON dup.tenant_id = asked."tenantId" AND dup.dedupe_key = asked."dedupeKey"
                  AND dup.finished_at IS NULL`;

/** Writes many jobs in one statement and commit. The results are in the order of the jobs. */
export async function insertJobs(db: Database, jobs: readonly NewJob[]): Promise<Inserted[]> {
  const { rows } = await db.$client.query<{ id: string }>({
    name: 'insert_jobs',
    text: INSERT,
    values: [JSON.stringify(jobs)],
  });
  const inserted = new Set(rows.map(({ id }) => id));
  if (inserted.size === jobs.length) return jobs.map(() => ({ kind: 'inserted' }));
  const refused = jobs.filter(({ id }) => !inserted.has(id));
  const found = await findKnown(db, refused);
  return jobs.map(({ id }) => found.get(id) ?? { kind: 'inserted' });
}

async function findKnown(db: Database, refused: readonly NewJob[]): Promise<Map<string, Inserted>> {
  const { rows } = await db.$client.query<{ asked: string; found: string | null; known: boolean }>({
    name: 'find_known_jobs',
    text: FIND_KNOWN,
    values: [JSON.stringify(refused.map(({ id, tenantId, dedupeKey }) => ({ id, tenantId, dedupeKey })))],
  });
  return new Map(
    rows.map(({ asked, found, known }): [string, Inserted] => [
      asked,
      known ? { kind: 'known' } : { kind: 'duplicate', jobId: found ?? asked },
    ]),
  );
}
