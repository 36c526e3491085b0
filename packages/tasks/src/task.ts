import type { QueueClass } from '@sluice/shared/contracts/queueClass';
import type { RetryPolicy } from '@sluice/shared/contracts/retryPolicy';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import type { z } from 'zod';
import type { TaskHandler } from './jobContext.js';

/** Where attempts run: beside others in the worker's process, or each in a process of its own. */
export type Isolation = 'shared' | 'process';

/**
 * What a task promises to those who submit it: all that producer, scaler and clients need.
 * @typeParam Data what the schema lets through, as the handler gets it
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
  /** Checked against what the handler resolves with; left out when any JSON will do. */
  readonly result?: z.ZodType<Result>;
  /** Longest an attempt may take, in ms. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /**
   * `shared` by default. `process` is for code that may block, leak or crash: a start costs some 200 ms and 50 MB, and code
   * that ends its process, or is killed for taking too long, harms nobody else.
   */
  readonly isolation?: Isolation;
  /**
   * How complex a job is, as points (seconds) by which it is behind in lanes of tenants that have this rule on; computed from
   * its data and the current time alone.
   */
  complexity?(data: Data, nowMs: number): number;
  /** The upstream that each attempt calls under a quota of the tenant; its queue class is for tasks of this upstream alone. */
  readonly upstream?: Upstream;
}

/** Marks what {@link defineTask} returned. Registered globally, so that two copies of this package recognise each other's. */
export const TASK: unique symbol = Symbol.for('sluice.task') as never;

/** A task as `defineTask` returns it: its contract and, where the code that runs it is at hand, its handler. */
export interface Task<Data = unknown, Result = unknown, Name extends string = string, Input = unknown>
  extends TaskContract<Data, Result, Name, Input> {
  readonly [TASK]: true;
  readonly handler?: TaskHandler<never>;
}

/** What a submitter passes to a task. */
export type InputOf<Contract> = Contract extends { readonly data: z.ZodType<unknown, infer Input> } ? Input : never;

/** What a task's handler gets. */
export type DataOf<Contract> = Contract extends { readonly data: z.ZodType<infer Data> } ? Data : never;

/** What a task's handler resolves with, as the submitter reads it. */
export type ResultOf<Contract> = Contract extends { readonly result?: z.ZodType<infer Result> } ? Result : never;

/** Whether a value was made by `defineTask`, of this copy of the package or another. */
export function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && (value as Partial<Task>)[TASK] === true;
}
