import { bigint, index, integer, jsonb, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/** Recurring jobs: each row is one BullMQ job scheduler, which is recreated from it when Redis loses it. */
export const schedules = pgTable(
  'schedules',
  {
    id: uuid('id').primaryKey(),
    tenantId: text('tenant_id').notNull(),
    userId: text('user_id'),
    role: text('role', { enum: ['owner', 'admin', 'member', 'viewer'] }).notNull(),
    task: text('task').notNull(),
    queueClass: text('queue_class').notNull(),
    data: jsonb('data').notNull(),
    /** 0..100, higher is sooner. */
    priority: smallint('priority').notNull(),
    maxAttempts: smallint('max_attempts').notNull(),
    timeoutMs: integer('timeout_ms').notNull(),
    /** Either a cron expression with its IANA time zone, or a fixed interval. */
    cron: text('cron'),
    timezone: text('timezone'),
    everyMs: bigint('every_ms', { mode: 'number' }),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [index('schedules_newest_first').on(table.tenantId, table.id)],
);
