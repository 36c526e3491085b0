import type { QueueClass } from '@sluice/shared/contracts/queueClass';
import type { RetryPolicy } from '@sluice/shared/contracts/retryPolicy';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import type { z } from 'zod';
import type { TaskHandler } from './jobContext.js';

/** Where attempts run: alongside others in the worker's process, or each in its own process. */
export type Isolation = 'shared' | 'process';

/**
 * A task's contract with its submitters: all that producer, scaler and clients need.
 * @typeParam Data output of the schema, as the handler receives it
 * @typeParam Result what the handler resolves with
 * @typeParam Name literal name
 * @typeParam Input what a submitter may pass: `Data` before the schema's defaults and transforms
 */
export interface TaskContract<Data = unknown, Result = unknown, Name extends string = string, Input = unknown> {
  /** `<area>.<verb or thing>`, such as `notifications.webhook`; at most 100 characters. */
  readonly name: Name;
  readonly summary: string;
  readonly queueClass: QueueClass;
  readonly data: z.ZodType<Data, Input>;
  /** Validates the handler's result; omitted when any JSON is valid. */
  readonly result?: z.ZodType<Result>;
  /** Time limit of an attempt, in ms. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /**
   * `shared` by default. `process` is for code that may block, leak or crash: a start costs about 200 ms and 50 MB, and
   * code that exits its process, or is killed at its time limit, affects no other job.
   */
  readonly isolation?: Isolation;
  /**
   * A job's complexity, as points (seconds) by which it moves back in lanes of tenants that enable this rule; computed
   * from its data and the current time only.
   */
  complexity?(data: Data, nowMs: number): number;
  /**
   * The upstream that each attempt calls under a quota of the tenant; only tasks of this upstream may use its queue
   * class.
   */
  readonly upstream?: Upstream;
}

/**
 * Marks the result of {@link defineTask}. Registered globally, so that copies of this package recognise each other's
 * tasks.
 */
export const TASK: unique symbol = Symbol.for('sluice.task') as never;

/** A task as `defineTask` returns it: its contract and, where the code that runs it is available, its handler. */
export interface Task<Data = unknown, Result = unknown, Name extends string = string, Input = unknown>
  extends TaskContract<Data, Result, Name, Input> {
  readonly [TASK]: true;
  readonly handler?: TaskHandler<never>;
}

/** What a submitter passes to a task. */
export type InputOf<Contract> = Contract extends { readonly data: z.ZodType<unknown, infer Input> } ? Input : never;

/** What a task's handler receives. */
export type DataOf<Contract> = Contract extends { readonly data: z.ZodType<infer Data> } ? Data : never;

/** What a task's handler resolves with, as the submitter reads it. */
export type ResultOf<Contract> = Contract extends { readonly result?: z.ZodType<infer Result> } ? Result : never;

/** Whether a value was made by `defineTask`, from this copy of the package or another. */
export function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && (value as Partial<Task>)[TASK] === true;
}
