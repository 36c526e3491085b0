import type { JobState } from '@sluice/shared/contracts/jobStates';
import { and, desc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Session } from '../connect.js';
import { jobs } from '../schema/index.js';
import type { JobRow } from './readJob.js';

/** Which jobs to list. */
export interface JobFilter {
  /** A delayed or retrying job that is due counts as queued, as in `countUnfinished`. */
  readonly state?: JobState | undefined;
  readonly task?: string | undefined;
  readonly since?: Date | undefined;
  /** Id of the last job of the previous page. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

const SHOWN_STATE = sql<JobState>`CASE WHEN ${jobs.state} IN ('delayed', 'retrying') AND ${jobs.dueAt} <= now() THEN 'queued' ELSE ${jobs.state} END`;

/** A page of a tenant's jobs, newest first. */
export async function listJobs(db: Session, tenantId: string, filter: JobFilter): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.tenantId, tenantId),
        filter.state === undefined ? undefined : eq(SHOWN_STATE, filter.state),
        filter.task === undefined ? undefined : eq(jobs.task, filter.task),
        filter.since === undefined ? undefined : gte(jobs.acceptedAt, filter.since),
        filter.cursor === undefined ? undefined : lt(jobs.id, filter.cursor),
      ),
    )
    .orderBy(desc(jobs.id))
    .limit(filter.limit);
}
