import type { QueueClass } from '@sluice/shared/contracts/queueClass';
import type { RetryPolicy } from '@sluice/shared/contracts/retryPolicy';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import type { z } from 'zod';

/** Where attempts run: among others in the worker's process, or each in a process of its own. */
export type Isolation = 'shared' | 'process';

/**
 * What a task promises to those who submit it. The handler is the worker's affair and is attached there by name.
 * @typeParam Data what the schema lets through
 */
export interface TaskContract<Data = unknown> {
  /** `<area>.<verb or thing>`, such as `notifications.webhook`. */
  readonly name: string;
  readonly summary: string;
  readonly queueClass: QueueClass;
  readonly data: z.ZodType<Data>;
  /** Longest an attempt may take, in ms. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /**
   * `shared` by default. `process` is for code that may block, leak or crash: a start costs some 200 ms and 50 MB, and the
   * code that ends its process, or is ended for taking too long, harms nobody else.
   */
  readonly isolation?: Isolation;
  /**
   * How complex a job is, as points (seconds) by which it is behind in lanes of tenants that have this rule on; computed from
   * its data alone, and from what day it is.
   */
  complexity?(data: Data, nowMs: number): number;
  /** Whom each attempt calls under a quota of the tenant; its queue class is for tasks of this upstream alone. */
  readonly upstream?: Upstream;
}

/** States a task's contract; only there to infer the data's type from the schema. */
export function defineTask<Data>(contract: TaskContract<Data>): TaskContract<Data> {
  return contract;
}
