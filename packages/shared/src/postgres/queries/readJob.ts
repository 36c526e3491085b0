import { and, asc, eq } from 'drizzle-orm';
import type { Session } from '../connect.js';
import { attempts, deadLetters, jobs } from '../schema/index.js';

/** A job's row. */
export type JobRow = typeof jobs.$inferSelect;

/** A job with all its starts and deaths, oldest first. */
export interface JobHistory {
  readonly job: JobRow;
  readonly attempts: (typeof attempts.$inferSelect)[];
  readonly deaths: (typeof deadLetters.$inferSelect)[];
}

/** One job of a tenant with its history; null for an unknown id and for another tenant's. */
export async function readJob(db: Session, tenantId: string, id: string): Promise<JobHistory | null> {
  const job = await readJobRow(db, tenantId, id);
  if (job === null) return null;
  const [starts, deaths] = await Promise.all([
    db.select().from(attempts).where(eq(attempts.jobId, id)).orderBy(asc(attempts.number)),
    db.select().from(deadLetters).where(eq(deadLetters.jobId, id)).orderBy(asc(deadLetters.diedAt)),
  ]);
  return { job, attempts: starts, deaths };
}

/** One job of a tenant without its history; null for an unknown id and for another tenant's. */
export async function readJobRow(db: Session, tenantId: string, id: string): Promise<JobRow | null> {
  const [job] = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), eq(jobs.tenantId, tenantId)));
  return job ?? null;
}
