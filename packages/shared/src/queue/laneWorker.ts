import type { Job } from 'bullmq';
import { DelayedError, UnrecoverableError, Worker } from 'bullmq';
import type { Lane } from '../domain/lane.js';
import { laneName } from '../domain/lane.js';
import type { Log } from '../lifecycle/service.js';
import type { RedisClient } from '../redis/client.js';
import type { FleetKeys } from '../redis/keys.js';

/** A job that BullMQ moved to active for this process. */
export interface ActiveJob {
  readonly id: string;
  readonly lane: Lane;
  readonly task: string;
  readonly data: unknown;
  /** Attempts that count which BullMQ allows this job. */
  readonly maxAttempts: number;
  /** BullMQ's priority; 0 when a plain client gave none. */
  readonly queuePriority: number;
  updateProgress(value: number | Record<string, unknown>): Promise<void>;
  log(line: string): Promise<void>;
}

/** What BullMQ is to be told of an attempt, once the ledger knows. */
export type AttemptEnd =
  | { readonly kind: 'completed'; readonly result: unknown }
  /** Counts as an attempt. */
  | { readonly kind: 'retry'; readonly delayMs: number; readonly message: string }
  /** Costs no attempt: the upstream asked to wait. */
  | { readonly kind: 'defer'; readonly delayMs: number }
  /** Costs no attempt: this process must stop. The job keeps its place. */
  | { readonly kind: 'release' }
  | { readonly kind: 'bury'; readonly message: string }
  /** BullMQ is told nothing: the job is found stalled when its lock ends, unless another has it by then. */
  | { readonly kind: 'leave' };

/** Runs the jobs of one lane in this process. */
export interface LaneWorker {
  readonly lane: Lane;
  /** How many jobs run at a time, at least 1; takes effect at once, running jobs go on. */
  setConcurrency(concurrency: number): Promise<void>;
  /** Takes no more jobs; resolves when those that run have ended. */
  close(): Promise<void>;
}

/** Settings of BullMQ that all lanes of a process share. */
export interface LaneWorkerOptions {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  /** How long a job stays locked without renewal, in ms. */
  readonly lockMs: number;
  /** How often lost locks are looked for, in ms. */
  readonly stalledCheckMs: number;
  readonly workerId: string;
  readonly now: () => number;
  readonly run: (job: ActiveJob) => Promise<AttemptEnd>;
  readonly log: Log;
}

/** The number of lost locks is judged by the ledger (see `domain/claim.ts`), so BullMQ's own bound is out of reach. */
const NEVER = 1_000_000;

/** Carries the delay that was decided to BullMQ's back-off. */
class AttemptFailed extends Error {
  readonly delayMs: number;

  constructor(message: string, delayMs: number) {
    super(message);
    this.delayMs = delayMs;
  }
}

/** Starts to run a lane's jobs. Only BullMQ's own loop claims, renews locks, promotes and finds stalled jobs. */
export function createLaneWorker(lane: Lane, concurrency: number, options: LaneWorkerOptions): LaneWorker {
  const worker = new Worker(laneName(lane), (job, token) => runAttempt(job, token, lane, options), {
    connection: options.client,
    prefix: options.keys.queuePrefix(lane.tenantId),
    concurrency,
    name: options.workerId,
    lockDuration: options.lockMs,
    stalledInterval: options.stalledCheckMs,
    maxStalledCount: NEVER,
    runRetryDelay: 1_000,
    skipVersionCheck: true,
    settings: { backoffStrategy: (_made, _type, error) => (error instanceof AttemptFailed ? error.delayMs : 0) },
  });
  worker.on('error', (err) => options.log.debug({ err, lane: laneName(lane) }, 'BullMQ reports an error'));
  return {
    lane,
    async setConcurrency(next) {
      const grows = next > worker.concurrency;
      worker.concurrency = next;
      if (!grows) return;
      // The worker's loop may be waiting for a running job to end; a pause that waits for nothing, ended at once, is
      // BullMQ's way to make it look again.
      await worker.pause(true);
      await worker.resume();
    },
    async close() {
      await worker.close();
    },
  };
}

async function runAttempt(
  job: Job,
  token: string | undefined,
  lane: Lane,
  options: Pick<LaneWorkerOptions, 'run' | 'now' | 'log'>,
): Promise<unknown> {
  const end = await endOf(toActiveJob(job, lane), options);
  switch (end.kind) {
    case 'completed':
      return end.result;
    case 'retry':
      if (hasRetriesLeft(job)) throw new AttemptFailed(end.message, end.delayMs);
      return putOff(job, () => job.moveToDelayed(options.now() + end.delayMs, token), options.log);
    case 'defer':
      return putOff(job, () => job.moveToDelayed(options.now() + end.delayMs, token), options.log);
    case 'release':
      return putOff(job, () => job.moveToWait(token), options.log);
    case 'bury':
      throw new UnrecoverableError(end.message);
    case 'leave':
      throw new DelayedError();
  }
}

/** A run that fails where it must not says nothing of the job: as after a crash, the next claim sees what to do. */
async function endOf(active: ActiveJob, { run, log }: Pick<LaneWorkerOptions, 'run' | 'log'>): Promise<AttemptEnd> {
  try {
    return await run(active);
  } catch (err) {
    log.error({ err, jobId: active.id, lane: laneName(active.lane) }, 'an attempt broke; its job is left to be found');
    return { kind: 'leave' };
  }
}

/** BullMQ counts for itself, and may have counted attempts that the ledger does not: the ledger's word holds. */
function hasRetriesLeft(job: Job): boolean {
  return job.attemptsMade + 1 < (job.opts.attempts ?? 1);
}

/** Moves a job out of the running ones. If that fails it is left: BullMQ would take any other error for a failure. */
async function putOff(job: Job, move: () => Promise<unknown>, log: Log): Promise<never> {
  try {
    await move();
  } catch (err) {
    log.warn({ err, jobId: job.id }, 'a job could not be put off; it is left to be found');
  }
  throw new DelayedError();
}

function toActiveJob(job: Job, lane: Lane): ActiveJob {
  return {
    id: job.id ?? '',
    lane,
    task: job.name,
    data: job.data,
    maxAttempts: job.opts.attempts ?? 1,
    queuePriority: job.opts.priority ?? 0,
    updateProgress: (value) => job.updateProgress(value),
    log: async (line) => {
      await job.log(line);
    },
  };
}
