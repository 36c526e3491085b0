import { and, count, desc, eq, like, lt, sql } from 'drizzle-orm';
import type { Session } from '../connect.js';
import { jobs, schedules } from '../schema/index.js';
import type { JobRow } from './readJob.js';

/** A schedule's row. */
export type ScheduleRow = typeof schedules.$inferSelect;

/** A schedule to be written. */
export type NewSchedule = Omit<ScheduleRow, 'createdAt'>;

/** The result of inserting a schedule. */
export type InsertedSchedule =
  | { readonly kind: 'inserted'; readonly row: ScheduleRow }
  /** The ledger already has this id: a duplicate request. */
  | { readonly kind: 'known'; readonly row: ScheduleRow }
  /** The tenant's limit is reached. */
  | { readonly kind: 'full' }
  /** The tenant is deleted. */
  | { readonly kind: 'no-tenant' };

/**
 * Writes a schedule. Locks the tenant's row until the transaction ends, so that concurrent inserts cannot exceed the
 * limit, nor race with the tenant's deletion.
 * @param tx a transaction at PostgreSQL's default isolation: each statement must see what was committed before it
 */
export async function insertSchedule(
  tx: Session,
  schedule: NewSchedule,
  mostPerTenant: number,
): Promise<InsertedSchedule> {
  const ofTenant = eq(schedules.tenantId, schedule.tenantId);
  const tenant = await tx.execute(
    sql`SELECT 1 FROM tenants WHERE id = ${schedule.tenantId} AND deleted_at IS NULL FOR NO KEY UPDATE`,
  );
  if (tenant.rows.length === 0) return { kind: 'no-tenant' };
  const [known] = await tx
    .select()
    .from(schedules)
    .where(and(eq(schedules.id, schedule.id), ofTenant));
  if (known !== undefined) return { kind: 'known', row: known };
  const [held] = await tx.select({ held: count() }).from(schedules).where(ofTenant);
  if ((held?.held ?? 0) >= mostPerTenant) return { kind: 'full' };
  // JSON null is valid data; the builder would turn it into SQL NULL.
  const data = sql`${JSON.stringify(schedule.data ?? null)}::jsonb`;
  const [row] = await tx
    .insert(schedules)
    .values({ ...schedule, data })
    .returning();
  return { kind: 'inserted', row: row as ScheduleRow };
}

/** A schedule as lists return it. */
export type ListedSchedule = Omit<ScheduleRow, 'data'>;

/** A page of a tenant's schedules without their data, newest first. */
export async function listSchedules(
  db: Session,
  tenantId: string,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<ListedSchedule[]> {
  return db.query.schedules.findMany({
    columns: { data: false },
    where: and(eq(schedules.tenantId, tenantId), cursor === undefined ? undefined : lt(schedules.id, cursor)),
    orderBy: desc(schedules.id),
    limit,
  });
}

/** One schedule of a tenant; null for an unknown id and for another tenant's. */
export async function findSchedule(db: Session, tenantId: string, id: string): Promise<ScheduleRow | null> {
  const [row] = await db
    .select()
    .from(schedules)
    .where(and(eq(schedules.id, id), eq(schedules.tenantId, tenantId)));
  return row ?? null;
}

/** Deletes a schedule of a tenant; false when it does not exist. */
export async function deleteSchedule(db: Session, tenantId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.delete(schedules).where(and(eq(schedules.id, id), eq(schedules.tenantId, tenantId)));
  return rowCount === 1;
}

/** How many of a tenant's newest jobs are searched for the latest one of a schedule. */
const NEWEST_JOBS = 10_000;

/**
 * The latest job of a tenant whose BullMQ id has this prefix; null when none of its newest 10,000 has, the search
 * limit.
 * @param beginning contains neither "%" nor "_"
 */
export async function findLatestJob(db: Session, tenantId: string, beginning: string): Promise<JobRow | null> {
  const newest = db
    .select({ id: jobs.id, queueJobId: jobs.queueJobId })
    .from(jobs)
    .where(eq(jobs.tenantId, tenantId))
    .orderBy(desc(jobs.id))
    .limit(NEWEST_JOBS)
    .as('newest');
  const [found] = await db
    .select({ job: jobs })
    .from(newest)
    .innerJoin(jobs, eq(jobs.id, newest.id))
    .where(like(newest.queueJobId, `${beginning}%`))
    .orderBy(desc(newest.id))
    .limit(1);
  return found?.job ?? null;
}
