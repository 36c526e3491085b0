import type { JobsOptions } from 'bullmq';

/** Name of our back-off in BullMQ jobs: the delay is decided by the worker, see `domain/retry.ts`. */
export const BACKOFF = 'sluice';

/** Finished jobs that a lane keeps in Redis for operators to look at; the ledger keeps all. */
const KEEP_FINISHED = { age: 3_600, count: 100 };

/** A job on its way into a lane. */
export interface LaneJob {
  /** Id in the ledger, and of the BullMQ job: adding it twice is harmless. */
  readonly id: string;
  readonly task: string;
  readonly data: unknown;
  /** BullMQ's priority, 1 (first) to 2,097,151. */
  readonly queuePriority: number;
  /** Attempts that count, the first included. */
  readonly maxAttempts: number;
  readonly delayMs: number;
}

/** BullMQ's form of a job. Nothing of a caller's own options is passed on. */
export function toBullJob(job: LaneJob): { name: string; data: unknown; opts: JobsOptions } {
  return {
    name: job.task,
    data: job.data,
    opts: {
      jobId: job.id,
      priority: job.queuePriority,
      attempts: job.maxAttempts,
      backoff: { type: BACKOFF },
      delay: Math.round(job.delayMs),
      removeOnComplete: KEEP_FINISHED,
      removeOnFail: true,
    },
  };
}
