import { randomUUID } from 'node:crypto';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { describeIssues } from './describeIssues.js';
import type { Effect, JobContext, TaskHandler } from './jobContext.js';
import type { DataOf, InputOf, ResultOf, Task } from './task.js';

/** Properties of the simulated job that a test may set. */
export interface RunTaskOptions {
  /** 1 by default. */
  readonly attempt?: number;
  /** `test` by default. */
  readonly tenantId?: string;
  /** A random UUID by default. */
  readonly jobId?: string;
  readonly traceparent?: string | null;
  /** Aborts the handler's signal, as a cancellation would; the task's time limit applies in any case. */
  readonly signal?: AbortSignal;
  /** Time limit of the handler, in ms; the task's `timeoutMs` by default. */
  readonly timeoutMs?: number;
  /** Effects of earlier attempts by key, which `once` returns. Pass an earlier run's `effects` to test a retry. */
  readonly effects?: ReadonlyMap<string, unknown>;
  /** Executes the statements of `once(key, { tx })`; without it such an effect is rejected. */
  readonly query?: (text: string, values: readonly unknown[]) => Promise<unknown[]>;
}

/** What a handler did and returned. */
export interface TaskRun<Result> {
  readonly result: Result;
  /** Values reported through `progress`, in order. */
  readonly progress: readonly (number | Record<string, unknown>)[];
  /** Lines written through `log`, in order. */
  readonly logs: readonly string[];
  /** Results of its effects by key, including those of earlier attempts. */
  readonly effects: ReadonlyMap<string, unknown>;
}

/**
 * How long a handler may take to end after its time limit, in ms; a result returned by then still counts, as in a
 * worker.
 */
const HEED_MS = 500;

/**
 * Runs a task's handler once, without Redis, PostgreSQL or a fleet: validates the data, passes a recording context, and
 * validates the result, all as a worker would. Does not retry: it throws what the handler throws.
 * @throws FleetError `invalid_request` when the data is invalid, `attempt_failed` when the result is,
 *   `attempt_timed_out` when the handler exceeds its time limit, `configuration` for a task without a handler
 */
export async function runTask<AnyTask extends Task>(
  task: AnyTask,
  data: InputOf<AnyTask>,
  options: RunTaskOptions = {},
): Promise<TaskRun<ResultOf<AnyTask>>> {
  const handler = task.handler as TaskHandler<DataOf<AnyTask>> | undefined;
  if (handler === undefined) {
    throw new FleetError('configuration', `The task ${task.name} has no handler: give it to defineTask.`);
  }
  const parsed = task.data.safeParse(data);
  if (!parsed.success) {
    throw new FleetError('invalid_request', `the data does not fit the task: ${describeIssues(parsed.error)}`);
  }
  const { timeoutMs = task.timeoutMs } = options;
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort('timed-out'), timeoutMs);
  const signal = options.signal === undefined ? timeout.signal : AbortSignal.any([timeout.signal, options.signal]);
  const recorded = record(signal, options);
  try {
    const returned = await Promise.race([
      handler(parsed.data as DataOf<AnyTask>, recorded.context),
      leftBehind(timeout.signal),
    ]).catch((error: unknown) => {
      if (!timeout.signal.aborted) throw error;
      throw new FleetError('attempt_timed_out', `the handler took longer than ${timeoutMs} ms`, { cause: error });
    });
    const { progress, logs, effects } = recorded;
    return { result: checkResult(task, returned) as ResultOf<AnyTask>, progress, logs, effects };
  } finally {
    clearTimeout(timer);
  }
}

function record(signal: AbortSignal, options: RunTaskOptions) {
  const progress: (number | Record<string, unknown>)[] = [];
  const logs: string[] = [];
  const effects = new Map(options.effects);
  const running = new Map<string, Promise<unknown>>();
  const jobId = options.jobId ?? randomUUID();

  async function runEffect<T>(key: string, effect: Effect<T>): Promise<unknown> {
    if (effects.has(key)) return effects.get(key);
    const returned = typeof effect === 'function' ? await effect(`${jobId}:${key}`) : await effect.tx({ query });
    const stored = throughJson(returned);
    effects.set(key, stored);
    return stored;
  }

  async function query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    if (options.query === undefined) {
      throw new FleetError('unavailable', 'the effect needs a database: pass `query` to runTask');
    }
    return (await options.query(text, values)) as Row[];
  }

  const context: JobContext = {
    jobId,
    tenantId: options.tenantId ?? 'test',
    attempt: options.attempt ?? 1,
    traceparent: options.traceparent ?? null,
    signal,
    progress: async (value) => void progress.push(value),
    log: async (line) => void logs.push(line),
    once<T>(key: string, effect: Effect<T>) {
      const run = running.get(key) ?? runEffect(key, effect);
      running.set(key, run);
      // As in a fleet: the same attempt may retry an effect that failed.
      run.catch(() => running.delete(key));
      return run as Promise<T>;
    },
  };
  return { context, progress, logs, effects };
}

function checkResult({ result }: Task, returned: unknown): unknown {
  const value = throughJson(returned);
  if (result === undefined) return value;
  const parsed = result.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new FleetError('attempt_failed', `the result does not fit the task: ${describeIssues(parsed.error)}`);
}

/** As the ledger stores it. */
function throughJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}

/** Rejects when the handler does not react to its signal in time. */
function leftBehind(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = (): void => void setTimeout(() => reject(signal.reason), HEED_MS).unref();
    signal.addEventListener('abort', giveUp, { once: true });
  });
}
