import type { JobError } from '@sluice/shared/contracts/deadLetter';
import { JOB_STATES } from '@sluice/shared/contracts/jobStates';
import { DURABILITIES } from '@sluice/shared/contracts/jobs';
import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/** The ledger: one row per accepted job. Redis is an index of it that may be lost. */
export const jobs = pgTable(
  'jobs',
  {
    /** UUIDv7, so that ids sort by time of acceptance. Also the id of the BullMQ job. */
    id: uuid('id').primaryKey(),
    tenantId: text('tenant_id').notNull(),
    userId: text('user_id'),
    role: text('role', { enum: ['owner', 'admin', 'member', 'viewer'] }).notNull(),
    task: text('task').notNull(),
    queueClass: text('queue_class').notNull(),
    /** Id of the BullMQ job where it differs: a job added by a plain BullMQ client. */
    queueJobId: text('queue_job_id'),
    state: text('state', { enum: JOB_STATES }).notNull(),
    /** 0..100, higher is sooner. */
    priority: smallint('priority').notNull(),
    /** Start of its wait: accepted, due after its initial delay, or redriven. Later retries keep it. */
    rankedSince: moment('ranked_since').notNull().defaultNow(),
    /** Points from rules of its tenant or task, see `domain/priority.ts`. */
    rulePoints: smallint('rule_points').notNull().default(0),
    data: jsonb('data').notNull(),
    /** Maximum number of attempts that count, the first included. */
    maxAttempts: smallint('max_attempts').notNull(),
    /** Time limit of an attempt, in ms. */
    timeoutMs: integer('timeout_ms').notNull(),
    /** When a delayed or retrying job is due. */
    dueAt: moment('due_at'),
    dedupeKey: text('dedupe_key'),
    durability: text('durability', { enum: DURABILITIES }).notNull(),
    traceparent: text('traceparent'),
    /** Number of the latest attempt. Writes of an outcome are accepted for this number only. */
    fence: integer('fence').notNull().default(0),
    /** Worker of the latest attempt, and its start; meaningful only while the job is active. */
    workerId: text('worker_id'),
    attemptStartedAt: moment('attempt_started_at'),
    /**
     * Failures that counted, deferrals by upstreams, and attempts that ended without an outcome, since it was last
     * submitted or redriven.
     */
    failures: integer('failures').notNull().default(0),
    deferrals: integer('deferrals').notNull().default(0),
    crashes: integer('crashes').notNull().default(0),
    cancelRequestedAt: moment('cancel_requested_at'),
    result: jsonb('result'),
    error: jsonb('error').$type<JobError>(),
    acceptedAt: moment('accepted_at').notNull().defaultNow(),
    queuedAt: moment('queued_at'),
    startedAt: moment('started_at'),
    finishedAt: moment('finished_at'),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [
    index('jobs_newest_first').on(table.tenantId, table.id),
    // No index contains a column that a claim or a retry changes, so that those stay heap-only updates.
    index('jobs_unfinished').on(table.tenantId, table.id).where(sql`finished_at IS NULL`),
    index('jobs_to_enqueue').on(table.id).where(sql`queued_at IS NULL AND finished_at IS NULL`),
    uniqueIndex('jobs_dedupe')
      .on(table.tenantId, table.dedupeKey)
      .where(sql`dedupe_key IS NOT NULL AND finished_at IS NULL`),
  ],
);
