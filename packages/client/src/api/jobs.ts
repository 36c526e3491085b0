import type {
  AcceptedJob,
  BatchResult,
  CancelledJob,
  FinishedJob,
  JobDetail,
  JobState,
  JobSummary,
} from '../answers.js';
import type { JobEvent } from '../events.js';
import { JOB_EVENTS } from '../events.js';
import type { Transport } from '../http/transport.js';
import { SluiceError } from '../sluiceError.js';
import type { AnyTask, BatchJob, TaskData, TaskRef, TaskResult } from '../taskTypes.js';
import { nameOfTask } from '../taskTypes.js';
import type { EventsOptions } from './events.js';
import { readEvents } from './events.js';
import { readPages } from './pages.js';
import type { WaitOptions } from './waitForJob.js';
import { jobPath, readResult, waitForJob } from './waitForJob.js';

/** What may be said of a job besides its task and data. */
export interface JobOptions {
  /** 0 to 100, higher is sooner; 50 by default. */
  readonly priority?: number | undefined;
  /** Start no sooner than this, in ms. */
  readonly delayMs?: number | undefined;
  /** Attempts that count, the first included. */
  readonly attempts?: number | undefined;
  /** Longest an attempt may take, in ms. */
  readonly timeoutMs?: number | undefined;
  /** Refused while a job of this key is unfinished. */
  readonly dedupeKey?: string | undefined;
  /** Where the job must be before it is accepted: in PostgreSQL (default), or in Redis alone. */
  readonly durability?: 'ledger' | 'redis' | undefined;
}

/** How a request is made. */
export interface RequestOptions {
  /** Ends the request with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How a request is made that creates something. */
export interface CreateOptions extends RequestOptions {
  /** The same key and body again gets the same answer, for 24 hours. A random one by default, for repetitions by this client. */
  readonly idempotencyKey?: string | undefined;
}

/** How a job is submitted. */
export interface SubmitOptions extends JobOptions, CreateOptions {}

/** How a job is submitted and waited for. */
export interface RunOptions extends SubmitOptions, WaitOptions {
  /** Called once the job is accepted, with its id, place and estimated wait. */
  readonly onAccepted?: ((job: AcceptedJob) => void) | undefined;
}

/** Which jobs to list, newest first. */
export interface JobFilter extends RequestOptions {
  readonly state?: JobState | undefined;
  readonly task?: string | undefined;
  /** RFC 3339. */
  readonly since?: string | undefined;
  /** Jobs read at a time, 1 to 200; 50 by default. */
  readonly pageSize?: number | undefined;
}

/** Jobs of the tenant. Every method throws {@link SluiceError}. */
export interface Jobs<Tasks> {
  /** Submits a job. */
  submit<Ref extends TaskRef<Tasks>>(
    task: Ref,
    data: TaskData<Tasks, Ref>,
    options?: SubmitOptions,
  ): Promise<AcceptedJob>;
  /** Submits 1 to 1,000 jobs, each accepted or refused by itself. */
  submitMany(jobs: readonly BatchJob<Tasks, JobOptions>[], options?: CreateOptions): Promise<readonly BatchResult[]>;
  /**
   * Submits a job and waits for its result.
   * @throws SluiceJobError when the job did not complete, not within `maxWaitMs`, or when the server cannot be asked
   */
  run<Ref extends TaskRef<Tasks>>(
    task: Ref,
    data: TaskData<Tasks, Ref>,
    options?: RunOptions,
  ): Promise<TaskResult<Tasks, Ref>>;
  /**
   * Waits for the result of a job.
   * @throws SluiceJobError when the job did not complete, not within `maxWaitMs`, or when the server cannot be asked
   */
  wait<Result = unknown>(id: string, options?: WaitOptions): Promise<Result>;
  /** What happens to a job, until it is over. Connects again by itself; leave the loop or abort the signal to stop. */
  events(id: string, options?: EventsOptions): AsyncGenerator<JobEvent, void, undefined>;
  get(id: string, options?: RequestOptions): Promise<JobDetail>;
  /** Jobs, newest first; reads further pages as it is iterated. */
  list(filter?: JobFilter): AsyncGenerator<JobSummary, void, undefined>;
  /** How a job ended; null while it is not over. `waitMs`: how long to wait for it, at most 30,000. */
  result(id: string, options?: RequestOptions & { readonly waitMs?: number }): Promise<FinishedJob | null>;
  /** Cancels a job: at once while it waits, through its signal while it runs. */
  cancel(id: string, options?: RequestOptions): Promise<CancelledJob>;
  /** Runs a dead job again, under the same id and with new attempts. */
  retry(id: string, options?: RequestOptions): Promise<AcceptedJob>;
}

/** Jobs by HTTP. */
export function createJobs<Tasks>(transport: Transport): Jobs<Tasks> {
  async function submit(
    task: string | AnyTask,
    data: unknown,
    { signal, idempotencyKey = transport.runtime.newKey(), ...options }: SubmitOptions = {},
  ): Promise<AcceptedJob> {
    const body = { ...options, task: nameOfTask(task), data };
    return transport.call({ method: 'POST', path: '/api/v1/jobs', body, idempotencyKey, signal });
  }

  return {
    submit,
    async submitMany(jobs, { signal, idempotencyKey = transport.runtime.newKey() } = {}) {
      const answer = await transport.call<{ readonly results: readonly BatchResult[] }>({
        method: 'POST',
        path: '/api/v1/jobs/batch',
        body: { jobs },
        idempotencyKey,
        signal,
        isUnfinished,
      });
      return answer.results;
    },
    async run(task, data, { onAccepted, onEvent, maxWaitMs, ...options } = {}) {
      const accepted = await submit(task, data, options);
      onAccepted?.(accepted);
      return (await waitForJob(transport, accepted.id, { onEvent, maxWaitMs, signal: options.signal })) as never;
    },
    wait: async (id, options = {}) => (await waitForJob(transport, id, options)) as never,
    events: (id, options = {}) => readEvents(transport, { path: jobPath(id, '/events'), ...options }, JOB_EVENTS),
    get: (id, { signal } = {}) => transport.call({ method: 'GET', path: jobPath(id), signal }),
    list({ signal, pageSize, ...filter } = {}) {
      return readPages(transport, { path: '/api/v1/jobs', query: { ...filter, limit: pageSize }, signal }, 'jobs');
    },
    result: (id, options = {}) => readResult(transport, id, options),
    cancel: (id, options = {}) => cancelJob(transport, id, options),
    retry: (id, { signal } = {}) => transport.call({ method: 'POST', path: jobPath(id, '/retry'), signal }),
  };
}

/** Some jobs of a batch could not be accepted for now: the same request again accepts these, and none twice. */
function isUnfinished(answer: unknown): boolean {
  return (answer as { readonly results: readonly BatchResult[] }).results.some(({ status }) => status === 503);
}

/** A repetition that finds the job cancelled has cancelled it: the first answer was lost. */
async function cancelJob(transport: Transport, id: string, { signal }: RequestOptions): Promise<CancelledJob> {
  try {
    return await transport.call({ method: 'DELETE', path: jobPath(id), signal });
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'wrong_state' || error.attempts === 1) throw error;
    const { state } = await transport.call<JobDetail>({ method: 'GET', path: jobPath(id), signal });
    if (state !== 'cancelled') throw error;
    return { id, state, cancelRequested: true };
  }
}
