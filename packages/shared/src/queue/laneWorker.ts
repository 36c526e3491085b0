import type { Job } from 'bullmq';
import { DelayedError, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Lane } from '../domain/lane.js';
import { laneName } from '../domain/lane.js';
import type { Log } from '../lifecycle/service.js';
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
  | { readonly kind: 'bury'; readonly message: string };

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
  readonly client: Redis;
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
  { run, now }: Pick<LaneWorkerOptions, 'run' | 'now'>,
): Promise<unknown> {
  const end = await run(toActiveJob(job, lane));
  switch (end.kind) {
    case 'completed':
      return end.result;
    case 'retry':
      throw new AttemptFailed(end.message, end.delayMs);
    case 'defer':
      await job.moveToDelayed(now() + end.delayMs, token);
      throw new DelayedError();
    case 'release':
      await job.moveToWait(token);
      throw new WaitingError();
    case 'bury':
      throw new UnrecoverableError(end.message);
  }
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
