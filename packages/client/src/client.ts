import type { QueueStatus, TaskInfo } from './answers.js';
import type { DeadLetters } from './api/deadLetters.js';
import { createDeadLetters } from './api/deadLetters.js';
import type { EventsOptions } from './api/events.js';
import { readEvents } from './api/events.js';
import type { Jobs, RequestOptions } from './api/jobs.js';
import { createJobs } from './api/jobs.js';
import type { Schedules } from './api/schedules.js';
import { createSchedules } from './api/schedules.js';
import type { TenantEvent } from './events.js';
import { TENANT_EVENTS } from './events.js';
import type { RetryOptions } from './http/retryPolicy.js';
import { DEFAULT_RETRY } from './http/retryPolicy.js';
import { createTransport } from './http/transport.js';
import type { Runtime } from './runtime.js';
import { systemRuntime } from './runtime.js';
import type { AnyTask } from './taskTypes.js';

/** How to reach a fleet. */
export interface ClientOptions {
  /** Of the producer, such as `https://jobs.example.com`; on a page of the same origin, '' will do. */
  readonly url: string;
  /** API key or token, or a function that returns the current one. */
  readonly key: string | (() => string | Promise<string>);
  /** The tenant to act for; only operators need it. */
  readonly tenant?: string | undefined;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** How requests are repeated that failed for a passing reason; false: not at all. */
  readonly retry?: Partial<RetryOptions> | false | undefined;
  /** Longest that one request may take, in ms; 30,000 by default. */
  readonly requestTimeoutMs?: number | undefined;
}

/**
 * A fleet, as one tenant sees it. It holds no connection between calls, so there is nothing to close.
 * @typeParam Tasks tasks from which names, data and results are inferred
 */
export interface Client<Tasks = AnyTask> {
  readonly jobs: Jobs<Tasks>;
  readonly queue: {
    /** The state of the tenant's own queue. */
    status(options?: RequestOptions): Promise<QueueStatus>;
  };
  readonly tasks: {
    /** Every task of the fleet. */
    list(options?: RequestOptions): Promise<readonly TaskInfo[]>;
  };
  readonly deadLetters: DeadLetters;
  readonly schedules: Schedules<Tasks>;
  /** What happens to all of the tenant's jobs. Connects again by itself; leave the loop or abort the signal to stop. */
  events(options?: EventsOptions): AsyncGenerator<TenantEvent, void, undefined>;
}

/**
 * A client of a fleet.
 * @typeParam Tasks `typeof import('./tasks.js')`, or the type of a task or of a list of tasks; any task by default
 * @throws TypeError when the URL, the key or the tenant cannot be sent
 */
export function createClient<Tasks = AnyTask>(options: ClientOptions): Client<Tasks> {
  const { fetch } = options;
  if (fetch === undefined) return buildClient(options, systemRuntime);
  // Called by itself: a browser's own fetch refuses to be a method of anything but the window.
  return buildClient(options, { ...systemRuntime, fetch: (input, init) => fetch(input, init) });
}

/** A client with a clock and randomness of the caller's own. */
export function buildClient<Tasks>(options: ClientOptions, runtime: Runtime): Client<Tasks> {
  const { url, key, tenant, retry = {}, requestTimeoutMs = 30_000 } = options;
  const policy = retry === false ? { ...DEFAULT_RETRY, maxRetries: 0 } : { ...DEFAULT_RETRY, ...retry };
  const transport = createTransport({ url, key, tenant, retry: policy, requestTimeoutMs }, runtime);
  return {
    jobs: createJobs(transport),
    queue: { status: ({ signal } = {}) => transport.call({ method: 'GET', path: '/api/v1/queue', signal }) },
    tasks: {
      async list({ signal } = {}) {
        const call = { method: 'GET', path: '/api/v1/tasks', signal } as const;
        return (await transport.call<{ readonly tasks: readonly TaskInfo[] }>(call)).tasks;
      },
    },
    deadLetters: createDeadLetters(transport),
    schedules: createSchedules(transport),
    events: (followed = {}) => readEvents(transport, { path: '/api/v1/events', ...followed }, TENANT_EVENTS),
  };
}
