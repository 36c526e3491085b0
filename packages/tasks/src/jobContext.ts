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
  /**
   * Answers what the job's effect of this key gave before, in whatever attempt, or runs it and remembers what it gives.
   * Calls of one key in one attempt share one run. Do not call it from within a transaction of its own.
   * @param key 1 to 200 characters; names the effect within the job
   * @returns what the effect gave, as JSON gives it back: at most 256 KiB, and null where it gave nothing
   * @throws FleetError `attempt_lost` when another attempt has taken the job over, `invalid_request` or `payload_too_large`
   *   for a key or an answer that cannot be kept, `unavailable` when it is known that nothing was done
   */
  once<T>(key: string, effect: Effect<T>): Promise<T>;
}

/** Something that a job does outside of its own result, and that must not be done twice. */
export type Effect<T> =
  /**
   * Done anywhere. Its memory is written afterwards, so a crash between the two repeats it: give `idempotencyKey`, which is
   * the same in every attempt, to whoever can tell by it that the effect was done.
   */
  | ((idempotencyKey: string) => Promise<T>)
  /** Done in the ledger's database, in one transaction with its memory: both stand or neither. */
  | { readonly tx: (transaction: EffectTransaction) => Promise<T> };

/** The transaction that an effect is done in. It is ended by the fleet, never by the effect. */
export interface EffectTransaction {
  /** @param text one statement, with `$1`, `$2` ... for the values */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A task's code: resolves with the result that the submitter reads (JSON), throws to fail the attempt. */
export type TaskHandler<Data> = (data: Data, context: JobContext) => Promise<unknown>;
