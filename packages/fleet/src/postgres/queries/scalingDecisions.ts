import { desc } from 'drizzle-orm';
import type { Database } from '../connect.js';
import { scalingDecisions } from '../schema/index.js';

/** A decision's row. */
export type ScalingDecisionRow = typeof scalingDecisions.$inferSelect;

/** A decision to be recorded. */
export type NewScalingDecision = Omit<typeof scalingDecisions.$inferInsert, 'id' | 'decidedAt'>;

/** Records decisions in one statement. */
export async function insertScalingDecisions(db: Database, decisions: readonly NewScalingDecision[]): Promise<void> {
  if (decisions.length > 0) await db.insert(scalingDecisions).values([...decisions]);
}

/** The latest decisions over all tenants, newest first. */
export async function listScalingDecisions(db: Database, limit: number): Promise<ScalingDecisionRow[]> {
  return db.select().from(scalingDecisions).orderBy(desc(scalingDecisions.id)).limit(limit);
}
