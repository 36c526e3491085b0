import { jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/** What `ctx.once` has done: one row per effect of a job, written under the attempt's fence. */
export const effects = pgTable(
  'effects',
  {
    jobId: uuid('job_id').notNull(),
    key: text('key').notNull(),
    tenantId: text('tenant_id').notNull(),
    /** What the effect gave, as JSON; answered to every later call. */
    result: jsonb('result'),
    doneAt: moment('done_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.key] })],
);
