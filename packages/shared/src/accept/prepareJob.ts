import type { TenantRole } from '../contracts/identity.js';
import type { JobBody } from '../contracts/jobs.js';
import { MAX_DATA_BYTES } from '../contracts/jobs.js';
import type { TaskContract } from '../contracts/task.js';
import { findTask } from '../contracts/taskCatalogue.js';
import { FleetError } from '../errors/fleetError.js';
import { InvalidRequestError } from '../errors/invalidRequestError.js';
import { toInvalidRequest } from '../errors/toInvalidRequest.js';
import type { NewJob } from '../postgres/queries/insertJobs.js';
import type { LanedJob } from '../queue/jobOptions.js';
import { toLanedJob } from '../queue/jobOptions.js';

/** Who submits a job, under which id. */
export interface Submission {
  readonly id: string;
  readonly tenantId: string;
  readonly role: TenantRole;
  readonly submitter: string | null;
  readonly traceparent: string | null;
}

/** A job that was checked: as the ledger's row, and as it goes into its lane. */
export interface PreparedJob extends LanedJob {
  readonly row: NewJob;
}

/**
 * Checks a job against its task's contract and fills in what the body leaves open. Pure.
 * @param nowMs unix ms
 * @throws FleetError `unknown_task` or `payload_too_large`, InvalidRequestError naming each field
 */
export function prepareJob(submission: Submission, body: JobBody, nowMs: number): PreparedJob {
  const task = findTask(body.task);
  if (task === undefined) throw new FleetError('unknown_task', 'There is no such task; see GET /api/v1/tasks.');
  if (body.durability === 'redis' && body.dedupeKey !== undefined) {
    const message = 'Needs durability "ledger": only the ledger can tell duplicates';
    throw new InvalidRequestError('The job is not valid.', [{ pointer: '/dedupeKey', message }]);
  }
  const row = toRow(submission, body, { task, data: checkData(task, body.data) });
  return { row, ...toLanedJob({ ...row, rankedSinceMs: nowMs + row.delayMs, rulePoints: 0 }, nowMs) };
}

function checkData(task: TaskContract, data: unknown): unknown {
  const parsed = task.data.safeParse(data);
  if (!parsed.success) throw toInvalidRequest(`The data does not fit the task ${task.name}.`, parsed.error, '/data');
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data) ?? 'null');
  if (bytes > MAX_DATA_BYTES) {
    throw new FleetError('payload_too_large', `The data has ${bytes} bytes; at most ${MAX_DATA_BYTES} are taken.`);
  }
  return parsed.data;
}

function toRow(
  { id, tenantId, role, submitter, traceparent }: Submission,
  body: JobBody,
  { task, data }: { readonly task: TaskContract; readonly data: unknown },
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
    data,
    maxAttempts: body.attempts ?? task.retry.maxRetries + 1,
    timeoutMs: body.timeoutMs ?? task.timeoutMs,
    delayMs: body.delayMs ?? 0,
    dedupeKey: body.dedupeKey ?? null,
    durability: body.durability,
    traceparent,
  };
}
