import type { JobError } from '@sluice/shared/contracts/deadLetter';
import { DEATH_CATEGORIES, SEVERITIES } from '@sluice/shared/contracts/deadLetter';
import { index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/** Every death of a job. The payload stays in the row of the job, `jobId`. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    jobId: uuid('job_id').notNull(),
    tenantId: text('tenant_id').notNull(),
    task: text('task').notNull(),
    category: text('category', { enum: DEATH_CATEGORIES }).notNull(),
    severity: text('severity', { enum: SEVERITIES }).notNull(),
    error: jsonb('error').$type<JobError>().notNull(),
    attempts: integer('attempts').notNull(),
    /** When the job was queued before it died; a redrive clears that in its row. */
    queuedAt: moment('queued_at'),
    diedAt: moment('died_at').notNull().defaultNow(),
    redrivenAt: moment('redriven_at'),
  },
  (table) => [
    index('dead_letters_newest_first').on(table.tenantId, table.diedAt, table.id),
    index('dead_letters_job').on(table.jobId),
  ],
);
