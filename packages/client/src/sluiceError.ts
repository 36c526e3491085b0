import type { JobState, ServerErrorCode } from './answers.js';

/** Codes of failures that the client finds by itself. */
export type ClientErrorCode =
  /** No answer: the server cannot be reached, or the connection broke. */
  | 'network'
  /** No answer in time. */
  | 'timeout'
  /** An answer that is not the API's: a proxy's page, or a wrong URL. */
  | 'bad_answer'
  /** An event larger than the client reads. */
  | 'event_too_large';

/** A reason to branch on; newer servers may send codes that are not listed. */
export type SluiceErrorCode = ServerErrorCode | ClientErrorCode | (string & {});

/** What is wrong with one field of a request. */
export interface FieldError {
  /** JSON pointer into the body, such as `/data/to`. */
  readonly pointer: string;
  readonly message: string;
}

/** What a {@link SluiceError} is made of. */
export interface ErrorFacts {
  readonly status: number | null;
  readonly code: SluiceErrorCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly retryAfterMs?: number | null;
  readonly cause?: unknown;
}

/** A request that failed for good, after all repetitions. */
export class SluiceError extends Error {
  override readonly name: string = 'SluiceError';
  /** Of the last answer; null when there was none. */
  readonly status: number | null;
  readonly code: SluiceErrorCode;
  /** A sentence for people. */
  readonly detail: string;
  /** What is wrong with which field of the request. */
  readonly errors: readonly FieldError[];
  /** When the server wants to be asked again, in ms; null when it does not say. */
  readonly retryAfterMs: number | null;
  /** Requests that were sent, the first included. */
  attempts = 1;

  constructor({ status, code, detail, errors = [], retryAfterMs = null, cause }: ErrorFacts) {
    super(status === null ? detail : `${status} ${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A job that did not complete, or whose end is not known, because of `maxWaitMs` or the server; the job goes on then. */
export class SluiceJobError extends SluiceError {
  override readonly name: string = 'SluiceJobError';
  readonly jobId: string;
  /** In which the job ended; null when that is not known. */
  readonly state: JobState | null;

  constructor(job: { readonly id: string; readonly state: JobState | null }, facts: ErrorFacts) {
    super(facts);
    this.jobId = job.id;
    this.state = job.state;
  }
}
