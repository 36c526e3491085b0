import type { JobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { WaitingJob } from '@sluice/fleet/wait/waitEstimates';
import type { jobSummarySchema } from '@sluice/shared/contracts/jobs';
import type { Lane } from '@sluice/shared/domain/lane';
import { occurrenceOf } from '@sluice/shared/domain/schedule';
import type { z } from 'zod';
import { shownState } from '../wait/shownState.js';

/** A job as it appears in a list. */
export function toSummary(job: JobRow, nowMs: number): z.infer<typeof jobSummarySchema> {
  return {
    id: job.id,
    task: job.task,
    state: shownState(job, nowMs),
    priority: job.priority,
    attempts: job.fence,
    userId: job.userId,
    scheduleId: job.queueJobId === null ? null : (occurrenceOf(job.queueJobId)?.scheduleId ?? null),
    acceptedAt: job.acceptedAt.toISOString(),
    startedAt: toText(job.startedAt),
    finishedAt: toText(job.finishedAt),
    dueAt: toText(job.dueAt),
  };
}

/** A time in a response, or null. */
export function toText(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}

/** The lane that a job belongs to. */
export function laneOf(job: JobRow): Lane {
  return { tenantId: job.tenantId, queueClass: job.queueClass as Lane['queueClass'] };
}

/** A job as input to the wait estimate. */
export function toWaitingJob(job: JobRow, nowMs: number): WaitingJob {
  return {
    id: job.queueJobId ?? job.id,
    state: shownState(job, nowMs),
    priority: job.priority,
    dueInMs: job.dueAt === null ? 0 : Math.max(0, job.dueAt.getTime() - nowMs),
  };
}
