import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/** A tenant's quotas of upstreams that differ from the task's default; null is unlimited. */
export const tenantQuotas = pgTable(
  'tenant_quotas',
  {
    tenantId: text('tenant_id').notNull(),
    upstream: text('upstream').notNull(),
    callsPerWindow: integer('calls_per_window'),
    windowMs: integer('window_ms').notNull(),
    callsAtATime: integer('calls_at_a_time'),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.upstream] })],
);
