import type { DeathCategory, Severity } from '@sluice/shared/contracts/deadLetter';
import { and, desc, eq, sql } from 'drizzle-orm';
import type { Session } from '../connect.js';
import { deadLetters } from '../schema/index.js';

/** A dead letter's row. */
export type DeadLetterRow = typeof deadLetters.$inferSelect;

/** Which dead letters to list. */
export interface DeadLetterFilter {
  readonly category?: DeathCategory | undefined;
  readonly severity?: Severity | undefined;
  readonly task?: string | undefined;
  /** The last one of the previous page. */
  readonly before?: { readonly diedAt: Date; readonly id: string } | undefined;
  readonly limit: number;
}

/** A tenant's dead letters, newest first. */
export async function listDeadLetters(
  db: Session,
  tenantId: string,
  filter: DeadLetterFilter,
): Promise<DeadLetterRow[]> {
  return db
    .select()
    .from(deadLetters)
    .where(
      and(
        eq(deadLetters.tenantId, tenantId),
        filter.category === undefined ? undefined : eq(deadLetters.category, filter.category),
        filter.severity === undefined ? undefined : eq(deadLetters.severity, filter.severity),
        filter.task === undefined ? undefined : eq(deadLetters.task, filter.task),
        filter.before === undefined ? undefined : comesAfter(filter.before),
      ),
    )
    .orderBy(desc(deadLetters.diedAt), desc(deadLetters.id))
    .limit(filter.limit);
}

/** Many jobs can die in one commit, so the time alone does not identify the end of a page. */
function comesAfter({ diedAt, id }: { readonly diedAt: Date; readonly id: string }) {
  return sql`(${deadLetters.diedAt}, ${deadLetters.id}) < (${diedAt.toISOString()}::timestamptz, ${id}::uuid)`;
}

/** One dead letter of a tenant, or null. */
export async function findDeadLetter(db: Session, tenantId: string, id: string): Promise<DeadLetterRow | null> {
  const [row] = await db
    .select()
    .from(deadLetters)
    .where(and(eq(deadLetters.id, id), eq(deadLetters.tenantId, tenantId)));
  return row ?? null;
}
