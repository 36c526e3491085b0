import type { JobContext, TaskHandler } from '@sluice/shared/contracts/jobContext';
import type { TaskContract } from '@sluice/shared/contracts/task';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { AttemptStop, StopReason } from './attemptStop.js';

/** What an attempt came to, before it is decided what becomes of the job. */
export type Execution =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'invalid'; readonly error: FleetError }
  | { readonly kind: 'stopped'; readonly reason: Exclude<StopReason, 'timed-out'> };

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
    const why = parsed.error.issues.map(({ path, message }) => `/${path.join('/')} ${message}`).join('; ');
    return { kind: 'invalid', error: new FleetError('invalid_request', `the data does not fit the task: ${why}`) };
  }
  // Told to stop before it began, as when the slot was lost on the way: a handler that does not look would run all the same.
  if (stop.reason !== null && stop.reason !== 'timed-out') return { kind: 'stopped', reason: stop.reason };
  const { timeoutMs, ...context } = attempt;
  const timeout = setTimeout(() => stop.stop('timed-out'), timeoutMs);
  try {
    const outcome = await Promise.race([run(task.handler, parsed.data, withSignal(context, stop)), leftBehind(stop)]);
    if (outcome.kind === 'returned' || stop.reason === null) return outcome;
    if (stop.reason === 'timed-out') return { kind: 'threw', error: timedOut(timeoutMs) };
    return { kind: 'stopped', reason: stop.reason };
  } finally {
    clearTimeout(timeout);
  }
}

function withSignal(context: Omit<JobContext, 'signal'>, stop: AttemptStop): JobContext {
  return Object.defineProperty({ ...context }, 'signal', { get: () => stop.signal, enumerable: true }) as JobContext;
}

async function run(handler: TaskHandler<never>, data: unknown, context: JobContext): Promise<Execution> {
  try {
    return { kind: 'returned', value: await handler(data as never, context) };
  } catch (error) {
    return { kind: 'threw', error };
  }
}

function leftBehind(stop: AttemptStop): Promise<Execution> {
  return new Promise((resolve) => {
    stop.onStop(() => {
      setTimeout(() => resolve({ kind: 'threw', error: new Error('left behind') }), HEED_MS).unref();
    });
  });
}

function timedOut(timeoutMs: number): FleetError {
  return new FleetError('attempt_timed_out', `the attempt took longer than ${timeoutMs} ms`);
}
