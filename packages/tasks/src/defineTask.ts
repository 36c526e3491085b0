import { DEAD_LETTER_CLASS, QUEUE_CLASS } from '@sluice/shared/contracts/queueClass';
import type { RetryPolicy } from '@sluice/shared/contracts/retryPolicy';
import { DEFAULT_RETRY_POLICY } from '@sluice/shared/contracts/retryPolicy';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { TaskHandler } from './jobContext.js';
import type { Task, TaskContract } from './task.js';
import { TASK } from './task.js';

/** The definition of a task; everything optional has defaults. */
export interface TaskDefinition<Data, Result, Name extends string, Input>
  extends Partial<Omit<TaskContract<Data, Result, Name, Input>, 'name' | 'data' | 'retry'>>,
    Pick<TaskContract<Data, Result, Name, Input>, 'name' | 'data'> {
  /** Retries after retryable failures; omitted fields default to 3 retries, between 2 s and 60 s apart. */
  readonly retry?: Partial<RetryPolicy>;
  /** The code that runs a job; without it the task is only a contract, and its handler runs elsewhere. */
  readonly handler?: TaskHandler<Data, Result>;
}

/** Grammar of a task's name; part of metrics, logs and URLs. */
const TASK_NAME = /^[a-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+$/;

const MAX_NAME_CHARACTERS = 100;
const DEFAULT_TIMEOUT_MS = 60_000;

/** Longest time limit of an attempt, also for one that a submission asks for, in ms: an hour. */
const MAX_TIMEOUT_MS = 3_600_000;

/** Maximum number of retries of a job. */
const MAX_RETRIES = 24;

/** Maximum delay between two attempts, in ms: a day. */
const MAX_DELAY_MS = 86_400_000;

/**
 * Defines a task: name and data schema, and what differs from the defaults (queue class `default`, one minute per
 * attempt, three retries). The types of data and result, and the literal name, are inferred from the schemas and the
 * handler.
 * @throws ConfigurationError explaining what to change when a name, queue class, retry policy or time is out of bounds
 */
export function defineTask<const Name extends string, Data, Input, Result = unknown>(
  definition: TaskDefinition<Data, Result, Name, Input>,
): Task<Data, Result, Name, Input> {
  const { name, retry, handler, ...rest } = definition;
  const task = {
    summary: name,
    queueClass: 'default',
    timeoutMs: DEFAULT_TIMEOUT_MS,
    ...rest,
    name,
    retry: { ...DEFAULT_RETRY_POLICY, ...retry },
    [TASK]: true as const,
    ...(handler === undefined ? {} : { handler: handler as TaskHandler<never> }),
  };
  const problem = problemOf(task);
  if (problem !== null) throw new ConfigurationError(`The task ${JSON.stringify(name)} cannot be defined: ${problem}.`);
  return Object.freeze(task);
}

function problemOf({ name, queueClass, timeoutMs, retry }: Omit<TaskContract, 'data'>): string | null {
  if (!TASK_NAME.test(name) || name.length > MAX_NAME_CHARACTERS) {
    return `name it <area>.<verb or thing>, such as mail.send, with at most ${MAX_NAME_CHARACTERS} letters, digits, "_", "-" and "."`;
  }
  if (!QUEUE_CLASS.test(queueClass) || queueClass === DEAD_LETTER_CLASS) {
    return `queueClass "${queueClass}" must be 1 to 40 of a-z, 0-9 and "_", begin with a letter, and not be ${DEAD_LETTER_CLASS}`;
  }
  if (!isWhole(timeoutMs, 1, MAX_TIMEOUT_MS)) return `timeoutMs must be a whole number from 1 to ${MAX_TIMEOUT_MS}`;
  const { maxRetries, baseMs, capMs } = retry;
  if (!isWhole(maxRetries, 0, MAX_RETRIES)) return `retry.maxRetries must be a whole number from 0 to ${MAX_RETRIES}`;
  if (!isWhole(baseMs, 0, MAX_DELAY_MS)) return `retry.baseMs must be a whole number from 0 to ${MAX_DELAY_MS}`;
  if (!isWhole(capMs, baseMs, MAX_DELAY_MS)) return `retry.capMs must be a whole number from baseMs to ${MAX_DELAY_MS}`;
  return null;
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
