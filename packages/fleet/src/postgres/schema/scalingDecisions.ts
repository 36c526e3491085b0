import { bigserial, index, integer, pgTable, smallint, text } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/** Every change of a tenant's slots, with its reason. */
export const scalingDecisions = pgTable(
  'scaling_decisions',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    tenantId: text('tenant_id').notNull(),
    decidedAt: moment('decided_at').notNull().defaultNow(),
    waiting: integer('waiting').notNull(),
    active: integer('active').notNull(),
    previous: smallint('previous'),
    desired: smallint('desired').notNull(),
    policy: text('policy').notNull(),
    reason: text('reason').notNull(),
    /** Fence of the leader that decided. */
    leaderFence: integer('leader_fence').notNull(),
  },
  (table) => [index('scaling_decisions_newest_first').on(table.tenantId, table.id)],
);
