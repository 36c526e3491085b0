import type { JobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { ListedSchedule, ScheduleRow } from '@sluice/fleet/postgres/queries/schedules';
import type { z } from 'zod';
import { toSummary } from '../status/present.js';
import type { scheduleSchema, scheduleSummarySchema } from './scheduleContract.js';

/** A schedule as it appears in a list. */
export function toScheduleSummary(
  row: ListedSchedule,
  nextRunMs: number | null,
): z.infer<typeof scheduleSummarySchema> {
  return {
    id: row.id,
    task: row.task,
    cron: row.cron,
    timezone: row.timezone,
    everyMs: row.everyMs,
    priority: row.priority,
    attempts: row.maxAttempts,
    timeoutMs: row.timeoutMs,
    role: row.role,
    userId: row.userId,
    createdAt: row.createdAt.toISOString(),
    nextRunAt: nextRunMs === null ? null : new Date(nextRunMs).toISOString(),
  };
}

/** What is known about a schedule's jobs. */
export interface ScheduleRuns {
  readonly nextRunMs: number | null;
  readonly lastJob: JobRow | null;
}

/** A schedule in full. */
export function toSchedule(
  row: ScheduleRow,
  { nextRunMs, lastJob }: ScheduleRuns,
  nowMs: number,
): z.infer<typeof scheduleSchema> {
  return {
    ...toScheduleSummary(row, nextRunMs),
    data: row.data,
    lastJob: lastJob === null ? null : toSummary(lastJob, nowMs),
  };
}
