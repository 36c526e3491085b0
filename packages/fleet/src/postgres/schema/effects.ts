import { jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/** Effects of `ctx.once`: one row per effect of a job, written under the attempt's fence. */
export const effects = pgTable(
  'effects',
  {
    jobId: uuid('job_id').notNull(),
    key: text('key').notNull(),
    tenantId: text('tenant_id').notNull(),
    /** The effect's result, as JSON; returned to every later call. */
    result: jsonb('result'),
    doneAt: moment('done_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.key] })],
);
