/**
 * All that a task's handler may touch of the fleet. Handlers reach the network, the ledger and files through it or
 * through what they were built with, never by importing the worker.
 */
export interface JobContext {
  readonly jobId: string;
  readonly tenantId: string;
  /** 1 for the first start of this job; grows with every start, also after a crash. */
  readonly attempt: number;
  /** Aborted when the attempt's time is up, the job is cancelled or the worker must stop. Pass it on. */
  readonly signal: AbortSignal;
  /** W3C trace context of the request that submitted the job, or null. */
  readonly traceparent: string | null;
  /** Tells how far the job is: any small JSON value, or percent as a number. */
  progress(value: number | Record<string, unknown>): Promise<void>;
  /** Adds a line to the job's own log. */
  log(line: string): Promise<void>;
}

/** A task's code: resolves with the result that the submitter reads (JSON), throws to fail the attempt. */
export type TaskHandler<Data> = (data: Data, context: JobContext) => Promise<unknown>;
