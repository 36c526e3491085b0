import { FleetError } from '@sluice/shared/errors/fleetError';
import type { JobContext, TaskContract, TaskHandler } from '@sluice/tasks';
import { describeIssues } from '@sluice/tasks/internal';
import type { AttemptStop, StopReason } from '../attempt/attemptStop.js';
import type { Execution } from '../attempt/execution.js';
import { toOwnError } from './ownError.js';

/** A task with its handler. */
export interface RunnableTask {
  readonly contract: TaskContract;
  readonly handler: TaskHandler<never>;
}

/**
 * How long a handler may take to end once its signal aborts, in ms; a result that it returns within this time still
 * counts.
 */
export const HEED_MS = 500;

/**
 * Runs a task's handler on data that its schema accepts, until it ends, times out, or is stopped. A handler that does
 * not respond to its signal in time is abandoned: its outcome is no longer awaited.
 * @param stop stops the attempt; its own deadline uses it too
 */
export async function executeTask(
  task: RunnableTask,
  data: unknown,
  attempt: Omit<JobContext, 'signal'> & { readonly timeoutMs: number },
  stop: AttemptStop,
): Promise<Execution> {
  const parsed = task.contract.data.safeParse(data);
  if (!parsed.success) {
    const message = `the data does not fit the task: ${describeIssues(parsed.error)}`;
    return { kind: 'invalid', error: new FleetError('invalid_request', message) };
  }
  if (stop.reason !== null && stop.reason !== 'timed-out') return { kind: 'stopped', reason: stop.reason };
  const { timeoutMs } = attempt;
  const timeout = setTimeout(() => stop.stop('timed-out'), timeoutMs);
  try {
    const outcome = await untilLeftBehind(run(task, parsed.data, new Context(attempt, stop)), stop);
    return outcome.kind === 'returned' || stop.reason === null ? outcome : stoppedFor(stop.reason, timeoutMs);
  } finally {
    clearTimeout(timeout);
  }
}

/** What a handler receives; its signal is created on first access. */
class Context implements JobContext {
  readonly jobId: string;
  readonly tenantId: string;
  readonly attempt: number;
  readonly traceparent: string | null;
  readonly progress: JobContext['progress'];
  readonly log: JobContext['log'];
  readonly once: JobContext['once'];
  readonly #stop: AttemptStop;

  constructor(attempt: Omit<JobContext, 'signal'>, stop: AttemptStop) {
    this.jobId = attempt.jobId;
    this.tenantId = attempt.tenantId;
    this.attempt = attempt.attempt;
    this.traceparent = attempt.traceparent;
    this.progress = attempt.progress;
    this.log = attempt.log;
    this.once = attempt.once;
    this.#stop = stop;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }
}

async function run({ contract, handler }: RunnableTask, data: unknown, context: JobContext): Promise<Execution> {
  try {
    return checkResult(contract, await handler(data as never, context));
  } catch (error) {
    return { kind: 'threw', error: toOwnError(error) };
  }
}

/** A retry would return the same, so a value that does not match the task's `result` schema is not retried. */
function checkResult({ result }: TaskContract, value: unknown): Execution {
  if (result === undefined) return { kind: 'returned', value };
  const parsed = result.safeParse(value);
  if (parsed.success) return { kind: 'returned', value: parsed.data };
  const message = `the handler's result does not fit the task: ${describeIssues(parsed.error)}`;
  return { kind: 'unusable', error: new FleetError('attempt_failed', message) };
}

/**
 * The handler's outcome, or the fact that it ignored its signal. A promise race would cost each job several more
 * promises.
 */
function untilLeftBehind(running: Promise<Execution>, stop: AttemptStop): Promise<Execution> {
  return new Promise((resolve) => {
    void running.then(resolve);
    stop.onStop(() => {
      setTimeout(() => resolve({ kind: 'threw', error: new Error('left behind') }), HEED_MS).unref();
    });
  });
}

/** The outcome of an attempt that was stopped and did not return. */
export function stoppedFor(reason: StopReason, timeoutMs: number): Execution {
  if (reason !== 'timed-out') return { kind: 'stopped', reason };
  const error = new FleetError('attempt_timed_out', `the attempt took longer than ${timeoutMs} ms`);
  return { kind: 'threw', error };
}
