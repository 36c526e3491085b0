import { FleetError } from '@sluice/shared/errors/fleetError';
import type { JobContext, TaskContract, TaskHandler } from '@sluice/tasks';
import { describeIssues } from '@sluice/tasks/internal';
import type { AttemptStop, StopReason } from '../attempt/attemptStop.js';
import type { Execution } from '../attempt/execution.js';
import { toOwnError } from './ownError.js';

/** A task with the code that does it. */
export interface RunnableTask {
  readonly contract: TaskContract;
  readonly handler: TaskHandler<never>;
}

/** How long a handler may take to come to an end once its signal aborts, in ms; what it returns by then still counts. */
export const HEED_MS = 500;

/**
 * Runs a task's handler on data that its schema lets through, until it ends, its time is up, or it is told to stop.
 * A handler that does not heed its signal soon is left behind: its outcome is no longer waited for.
 * @param stop tells the attempt to stop; its own deadline uses it too
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

/** What a handler gets; its signal is made when it is first asked for. */
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

/** Another attempt would return no better, so what does not fit the task's `result` is not tried again. */
function checkResult({ result }: TaskContract, value: unknown): Execution {
  if (result === undefined) return { kind: 'returned', value };
  const parsed = result.safeParse(value);
  if (parsed.success) return { kind: 'returned', value: parsed.data };
  const message = `the handler's result does not fit the task: ${describeIssues(parsed.error)}`;
  return { kind: 'unusable', error: new FleetError('attempt_failed', message) };
}

/** What the handler came to, or that it did not heed its signal. A race of promises would cost each job several more. */
function untilLeftBehind(running: Promise<Execution>, stop: AttemptStop): Promise<Execution> {
  return new Promise((resolve) => {
    void running.then(resolve);
    stop.onStop(() => {
      setTimeout(() => resolve({ kind: 'threw', error: new Error('left behind') }), HEED_MS).unref();
    });
  });
}

/** What an attempt came to that was told to stop and did not return. */
export function stoppedFor(reason: StopReason, timeoutMs: number): Execution {
  if (reason !== 'timed-out') return { kind: 'stopped', reason };
  const error = new FleetError('attempt_timed_out', `the attempt took longer than ${timeoutMs} ms`);
  return { kind: 'threw', error };
}
