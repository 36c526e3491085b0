import type { JobError } from '@sluice/shared/contracts/deadLetter';
import { ATTEMPT_OUTCOMES } from '@sluice/shared/contracts/jobStates';
import { integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/** Every attempt of every job, numbered by its fence. */
export const attempts = pgTable(
  'attempts',
  {
    jobId: uuid('job_id').notNull(),
    number: integer('number').notNull(),
    tenantId: text('tenant_id').notNull(),
    workerId: text('worker_id').notNull(),
    startedAt: moment('started_at').notNull().defaultNow(),
    finishedAt: moment('finished_at'),
    outcome: text('outcome', { enum: ATTEMPT_OUTCOMES }),
    error: jsonb('error').$type<JobError>(),
    /** When the next attempt is due, if there is one. */
    retryAt: moment('retry_at'),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.number] })],
);
