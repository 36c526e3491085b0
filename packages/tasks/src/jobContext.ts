/** The fleet's interface for a task's handler. */
export interface JobContext {
  readonly jobId: string;
  readonly tenantId: string;
  /** 1 for the first attempt of this job; grows with every attempt, also after a crash. */
  readonly attempt: number;
  /** Aborted when the attempt's time is up, the job is cancelled or the worker must stop. Pass it on. */
  readonly signal: AbortSignal;
  /** W3C trace context of the request that submitted the job, or null. */
  readonly traceparent: string | null;
  /** Reports the job's progress: any small JSON value, or a percentage as a number. */
  progress(value: number | Record<string, unknown>): Promise<void>;
  /** Adds a line to the job's own log. */
  log(line: string): Promise<void>;
  /**
   * Runs an effect once per job: returns the recorded result of this key's effect, from whichever attempt, or runs the
   * effect and records its result. Concurrent calls with one key in one attempt share one run. Must not be called
   * within its own transaction.
   * @param key 1 to 200 characters; names the effect within the job
   * @returns the effect's result after a round trip through JSON: at most 256 KiB, and null for undefined
   * @throws FleetError `attempt_lost` when another attempt has taken over the job, `invalid_request` or
   *   `payload_too_large` for a key or a value that cannot be stored, `unavailable` when the effect is known not to
   *   have run
   */
  once<T>(key: string, effect: Effect<T>): Promise<T>;
}

/** A side effect of a job that must not happen twice. */
export type Effect<T> =
  /**
   * Runs anywhere. It is recorded afterwards, so a crash in between repeats it: pass `idempotencyKey`, which is the
   * same in every attempt, to the receiver for deduplication.
   */
  | ((idempotencyKey: string) => Promise<T>)
  /** Runs in the ledger's database, in one transaction with its record: both commit or neither. */
  | { readonly tx: (transaction: EffectTransaction) => Promise<T> };

/** The transaction of an effect. The fleet commits or rolls it back, never the effect. */
export interface EffectTransaction {
  /** @param text one statement, with `$1`, `$2` ... for the values */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A task's code: resolves with the result for the submitter (JSON), throws to fail the attempt. */
export type TaskHandler<Data, Result = unknown> = (data: Data, context: JobContext) => Promise<Result>;
