import { and, asc, eq } from 'drizzle-orm';
import type { Session } from '../connect.js';
import { attempts, deadLetters, jobs } from '../schema/index.js';

/** A job's row. */
export type JobRow = typeof jobs.$inferSelect;

/** An attempt of a job. */
type AttemptRow = typeof attempts.$inferSelect;

/** A job with all its attempts and dead letters, oldest first. */
export interface JobHistory {
  readonly job: JobRow;
  readonly attempts: AttemptRow[];
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
  return { job, attempts: [...starts, ...runningAttempt(job, starts)], deaths };
}

/** Only the job's row records a running attempt; the previous version wrote an attempt row at the start. */
function runningAttempt(job: JobRow, starts: readonly AttemptRow[]): AttemptRow[] {
  const { id, tenantId, fence, workerId, attemptStartedAt } = job;
  if (job.state !== 'active' || workerId === null || attemptStartedAt === null) return [];
  if (starts.some(({ number }) => number === fence)) return [];
  const open = { finishedAt: null, outcome: null, error: null, retryAt: null };
  return [{ jobId: id, number: fence, tenantId, workerId, startedAt: attemptStartedAt, ...open }];
}

/** One job of a tenant without its history; null for an unknown id and for another tenant's. */
export async function readJobRow(db: Session, tenantId: string, id: string): Promise<JobRow | null> {
  const [job] = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), eq(jobs.tenantId, tenantId)));
  return job ?? null;
}
