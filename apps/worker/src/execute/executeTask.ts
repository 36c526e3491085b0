import type { JobContext, TaskHandler } from '@sluice/shared/contracts/jobContext';
import type { TaskContract } from '@sluice/shared/contracts/task';
import { FleetError } from '@sluice/shared/errors/fleetError';

/** What an attempt came to, before it is decided what becomes of the job. */
export type Execution =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'invalid'; readonly error: FleetError }
  | { readonly kind: 'stopped'; readonly reason: unknown };

/** A task with the code that does it. */
export interface RunnableTask {
  readonly contract: TaskContract;
  readonly handler: TaskHandler<never>;
}

/** How long a handler may take to come to an end once its signal aborts, in ms; what it returns by then still counts. */
const HEED_MS = 500;

/**
 * Runs a task's handler on data that its schema lets through, until it ends, its time is up, or it is told to stop.
 * A handler that does not heed its signal soon is left behind: its outcome is no longer waited for.
 * @param stop aborts with the reason why the job must stop
 */
export async function executeTask(
  task: RunnableTask,
  data: unknown,
  attempt: Omit<JobContext, 'signal'> & { readonly timeoutMs: number },
  stop: AbortSignal,
): Promise<Execution> {
  const parsed = task.contract.data.safeParse(data);
  if (!parsed.success) {
    const why = parsed.error.issues.map(({ path, message }) => `/${path.join('/')} ${message}`).join('; ');
    return { kind: 'invalid', error: new FleetError('invalid_request', `the data does not fit the task: ${why}`) };
  }
  const { timeoutMs, ...context } = attempt;
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), timeoutMs);
  const signal = AbortSignal.any([stop, timer.signal]);
  try {
    const outcome = await Promise.race([run(task.handler, parsed.data, { ...context, signal }), leftBehind(signal)]);
    if (outcome.kind === 'returned') return outcome;
    if (stop.aborted) return { kind: 'stopped', reason: stop.reason };
    if (timer.signal.aborted) return { kind: 'threw', error: timedOut(timeoutMs) };
    return outcome;
  } finally {
    clearTimeout(timeout);
  }
}

async function run(handler: TaskHandler<never>, data: unknown, context: JobContext): Promise<Execution> {
  try {
    return { kind: 'returned', value: await handler(data as never, context) };
  } catch (error) {
    return { kind: 'threw', error };
  }
}

function leftBehind(signal: AbortSignal): Promise<Execution> {
  return new Promise((resolve) => {
    const end = (): void => resolve({ kind: 'stopped', reason: signal.reason });
    const wait = (): void => {
      setTimeout(end, HEED_MS).unref();
    };
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
}

function timedOut(timeoutMs: number): FleetError {
  return new FleetError('attempt_timed_out', `the attempt took longer than ${timeoutMs} ms`);
}
