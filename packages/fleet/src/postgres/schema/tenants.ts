import type { PriorityRules } from '@sluice/shared/contracts/priorityRules';
import { sql } from 'drizzle-orm';
import { integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/** The fleet's tenants. A deleted tenant keeps its row, so that its id is not reused. */
export const tenants = pgTable('tenants', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  weight: integer('weight').notNull().default(1),
  /** Rules that order its jobs within its lanes; null for none. */
  priorityRules: jsonb('priority_rules').$type<PriorityRules>(),
  /** Numbers of the GA4 properties that its reports may read; only the operator sets them. */
  ga4Properties: text('ga4_properties').array().notNull().default(sql`'{}'`),
  plan: text('plan').notNull().default('standard'),
  /** Standard Webhooks secret, `whsec_` + base64 of 32 bytes; the worker signs with it. */
  signingSecret: text('signing_secret').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  deletedAt: moment('deleted_at'),
});
