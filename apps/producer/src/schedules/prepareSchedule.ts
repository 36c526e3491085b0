import type { NewSchedule } from '@sluice/fleet/postgres/queries/schedules';
import type { Submission } from '@sluice/fleet/submit/prepareJob';
import { prepareJob } from '@sluice/fleet/submit/prepareJob';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { nextCronRun } from './cron.js';
import type { ScheduleBody } from './scheduleContract.js';

/**
 * Validates a schedule as a job of its task, and its cron expression with the queue's own parser. Pure.
 * A cron expression must have a next run.
 * @throws FleetError `unknown_task` or `payload_too_large`, InvalidRequestError naming each field
 */
export function prepareSchedule(
  submission: Omit<Submission, 'traceparent'>,
  body: ScheduleBody,
  { tasks, now }: { readonly tasks: Pick<TaskCatalogue, 'find'>; readonly now: () => number },
): NewSchedule {
  const { cron = null, everyMs = null, timezone = 'UTC', task, data, priority, attempts, timeoutMs } = body;
  const job = { task, data, priority, attempts, timeoutMs, durability: 'ledger' } as const;
  const { row } = prepareJob({ ...submission, traceparent: null }, job, tasks);
  if (cron !== null) assertComes(cron, timezone, now());
  return {
    id: row.id,
    tenantId: row.tenantId,
    userId: row.userId,
    role: row.role,
    task: row.task,
    queueClass: row.queueClass,
    data: row.data,
    priority: row.priority,
    maxAttempts: row.maxAttempts,
    timeoutMs: row.timeoutMs,
    cron,
    timezone: cron === null ? null : timezone,
    everyMs,
  };
}

function assertComes(cron: string, timezone: string, nowMs: number): void {
  const next = nextCronRun(cron, timezone, nowMs);
  if (next.kind === 'at') return;
  const message = next.kind === 'never' ? 'No year has such a day' : `Is not a valid cron expression: ${next.message}`;
  throw new InvalidRequestError('The schedule is not valid.', [{ pointer: '/cron', message }]);
}
