import type { Lane } from '@sluice/shared/domain/lane';
import { classOfLane, laneName } from '@sluice/shared/domain/lane';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Job } from 'bullmq';
import { DelayedError, UnrecoverableError } from 'bullmq';
import { fromTraceMetadata } from '../add/traceMetadata.js';
import type { LaneClaim } from './fanInBackend.js';

/** A job that BullMQ activated for this process. */
export interface ActiveJob {
  readonly id: string;
  readonly lane: Lane;
  readonly task: string;
  readonly data: unknown;
  /** Counted attempts that BullMQ allows this job. */
  readonly maxAttempts: number;
  /** BullMQ's priority; 0 when a plain client set none. */
  readonly queuePriority: number;
  /** Trace context it was added with, by Sluice or by a plain client with `bullmq-otel`. */
  readonly traceparent: string | null;
  /** Calls back when the job's slot is lost: the job must stop at once, as another may start in its place. */
  onSlotLost(listener: () => void): void;
  updateProgress(value: number | Record<string, unknown>): Promise<void>;
  log(line: string): Promise<void>;
}

/** What to report to BullMQ about an attempt once the ledger has recorded it. */
export type AttemptEnd =
  | { readonly kind: 'completed'; readonly result: unknown }
  /** Counts as an attempt. */
  | { readonly kind: 'retry'; readonly delayMs: number; readonly message: string }
  /** Costs no attempt: the upstream asked to wait. */
  | { readonly kind: 'defer'; readonly delayMs: number }
  /** Costs no attempt: this process is stopping. The job keeps its place. */
  | { readonly kind: 'release' }
  | { readonly kind: 'bury'; readonly message: string }
  /** Nothing is reported: the job is found stalled when its lock expires, unless another process has it by then. */
  | { readonly kind: 'leave' };

/** Dependencies of running an attempt. */
export interface AttemptDeps {
  readonly now: () => number;
  readonly run: (job: ActiveJob) => Promise<AttemptEnd>;
  /** Called when a job returned to its lane's wait list, which BullMQ does not announce. */
  readonly released: (lane: string) => void;
  readonly log: Log;
}

/** Carries the decided delay to BullMQ's back-off. */
class AttemptFailed extends Error {
  readonly delayMs: number;

  constructor(message: string, delayMs: number) {
    super(plain(message));
    this.delayMs = delayMs;
  }
}

/** BullMQ back-off strategy that returns the decided delay. */
export function decidedDelayMs(_attemptsMade: number, _type?: string, error?: Error): number {
  return error instanceof AttemptFailed ? error.delayMs : 0;
}

/** Runs a claimed job; what it returns or throws reports the outcome to BullMQ. */
export async function runAttempt(
  job: Job,
  token: string | undefined,
  claim: LaneClaim,
  options: AttemptDeps,
): Promise<unknown> {
  // The slot may be lost before the job arrives: another may start in its place.
  const end: AttemptEnd = claim.ticket.isLost() ? { kind: 'release' } : await endOf(toActiveJob(job, claim), options);
  switch (end.kind) {
    case 'completed':
      return end.result;
    case 'retry':
      if (hasRetriesLeft(job)) throw new AttemptFailed(end.message, end.delayMs);
      return defer(job, () => job.moveToDelayed(options.now() + end.delayMs, token), options.log);
    case 'defer':
      return defer(job, () => job.moveToDelayed(options.now() + end.delayMs, token), options.log);
    case 'release':
      return defer(
        job,
        async () => {
          await job.moveToWait(token);
          options.released(claim.lane.name);
        },
        options.log,
      );
    case 'bury':
      throw new UnrecoverableError(plain(end.message));
    case 'leave':
      throw new DelayedError();
  }
}

/** An unexpected error says nothing about the job: as after a crash, the next claim decides what to do. */
async function endOf(active: ActiveJob, { run, log }: Pick<AttemptDeps, 'run' | 'log'>): Promise<AttemptEnd> {
  try {
    return await run(active);
  } catch (err) {
    log.error(
      { component: 'runners', event: 'attempt_crashed', err, jobId: active.id, lane: laneName(active.lane) },
      'failed to run an attempt: its job is recovered when its lock expires',
    );
    return { kind: 'leave' };
  }
}

/**
 * BullMQ keeps its own count, which may include attempts that the ledger does not count: the ledger is authoritative.
 */
function hasRetriesLeft(job: Job): boolean {
  return job.attemptsMade + 1 < (job.opts.attempts ?? 1);
}

/** Moves a job out of active. If that fails, the job stays: BullMQ would treat any other error as a job failure. */
async function defer(job: Job, move: () => Promise<unknown>, log: Log): Promise<never> {
  try {
    await move();
  } catch (err) {
    log.warn(
      { component: 'runners', event: 'job_not_deferred', err, jobId: job.id },
      'failed to defer a job: it is recovered when its lock expires',
    );
  }
  throw new DelayedError();
}

/** Progress and logs go to the lane's own backend: an abandoned handler must not reach the runner's next lane. */
function toActiveJob(job: Job, { lane, ticket, backend }: LaneClaim): ActiveJob {
  const id = job.id ?? '';
  return {
    id,
    lane: { tenantId: lane.tenantId, queueClass: classOfLane(lane.name) },
    task: job.name,
    data: job.data,
    maxAttempts: job.opts.attempts ?? 1,
    queuePriority: job.opts.priority ?? 0,
    traceparent: fromTraceMetadata(job.opts.telemetry?.metadata),
    onSlotLost: (listener) => ticket.onLost(listener),
    updateProgress: (value) => backend.updateProgress(id, value),
    log: async (line) => {
      await backend.addLog(id, line);
    },
  };
}

/**
 * BullMQ treats some error messages as commands, such as waiting for a rate limit: an upstream's text must not be one.
 */
function plain(message: string): string {
  return message.startsWith('bullmq:') ? `"${message}"` : message;
}
