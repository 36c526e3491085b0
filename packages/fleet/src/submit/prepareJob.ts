import type { TenantRole } from '@sluice/shared/contracts/identity';
import type { JobBody } from '@sluice/shared/contracts/jobs';
import { MAX_DATA_BYTES } from '@sluice/shared/contracts/jobs';
import type { PriorityRules } from '@sluice/shared/contracts/priorityRules';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { toInvalidRequest } from '@sluice/shared/errors/toInvalidRequest';
import { momentOfId } from '@sluice/shared/ids/ids';
import type { TaskContract } from '@sluice/tasks';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { rulePointsOf } from '../domain/priorityRules.js';
import type { NewJob } from '../postgres/queries/insertJobs.js';
import type { LanedJob } from '../queue/add/jobOptions.js';
import { toRankedJob } from '../queue/add/jobOptions.js';

/** The submitter of a job, and its id. */
export interface Submission {
  readonly id: string;
  readonly tenantId: string;
  readonly role: TenantRole;
  readonly submitter: string | null;
  readonly traceparent: string | null;
  /** The tenant's own rules; null when it has none. */
  readonly priorityRules: PriorityRules | null;
  /** Number of jobs that the submitter submitted within about an hour; 0 when no rule needs it. */
  readonly recentJobs: number;
}

/** A validated job: the ledger's row, and the job of its lane. */
export interface PreparedJob extends LanedJob {
  readonly row: NewJob;
  /** Size of its data as JSON. */
  readonly bytes: number;
  /** The submitter wants its position in the lane. */
  readonly asksPlace?: boolean;
}

/**
 * Validates a job against its task's contract and fills in defaults. Pure.
 * @throws FleetError `unknown_task` or `payload_too_large`, InvalidRequestError naming each field
 */
export function prepareJob(submission: Submission, body: JobBody, tasks: Pick<TaskCatalogue, 'find'>): PreparedJob {
  const task = tasks.find(body.task);
  if (task === undefined) throw new FleetError('unknown_task', 'There is no such task; see GET /api/v1/tasks.');
  const { data, bytes } = checkData(task, body.data);
  // The id was created when the request first arrived, so a retry of the request gets the same rank.
  const nowMs = momentOfId(submission.id) ?? 0;
  const rankedSinceMs = nowMs + (body.delayMs ?? 0);
  const complexityPoints = task.complexity?.(data, nowMs) ?? 0;
  const { priorityRules, recentJobs } = submission;
  const rulePoints = rulePointsOf(priorityRules, { sinceMs: rankedSinceMs, complexityPoints, recentJobs });
  const row = toRow(submission, body, { task, data, rulePoints });
  const { lane, job } = toRankedJob(row, { rankedSinceMs, rulePoints, nowMs });
  return { row, bytes, lane, job };
}

function checkData(task: TaskContract, data: unknown): { readonly data: unknown; readonly bytes: number } {
  const parsed = task.data.safeParse(data);
  if (!parsed.success) throw toInvalidRequest(`The data does not fit the task ${task.name}.`, parsed.error, '/data');
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data) ?? 'null');
  if (bytes > MAX_DATA_BYTES) {
    throw new FleetError('payload_too_large', `The data has ${bytes} bytes; at most ${MAX_DATA_BYTES} are taken.`);
  }
  return { data: parsed.data, bytes };
}

function toRow(
  { id, tenantId, role, submitter, traceparent }: Submission,
  body: JobBody,
  { task, data, rulePoints }: { readonly task: TaskContract; readonly data: unknown; readonly rulePoints: number },
): NewJob {
  return {
    id,
    tenantId,
    userId: submitter,
    role,
    task: task.name,
    queueClass: task.queueClass,
    queueJobId: null,
    state: body.durability === 'redis' ? 'queued' : 'accepted',
    priority: body.priority,
    rulePoints,
    data,
    maxAttempts: body.attempts ?? task.retry.maxRetries + 1,
    timeoutMs: body.timeoutMs ?? task.timeoutMs,
    delayMs: body.delayMs ?? 0,
    dedupeKey: body.dedupeKey ?? null,
    durability: body.durability,
    traceparent,
  };
}
