import type { ErrorCode } from './errorCode.js';
import { FleetError } from './fleetError.js';

/** An error with additional data for the client: extra members of its problem+json, and when to retry. */
export class ProblemError extends FleetError {
  readonly members: Readonly<Record<string, unknown>>;
  /** Whole seconds for `Retry-After`, or null. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    extra: {
      readonly members?: Record<string, unknown>;
      readonly retryAfterSeconds?: number;
      readonly cause?: unknown;
    },
  ) {
    super(code, message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.members = extra.members ?? {};
    this.retryAfterSeconds = extra.retryAfterSeconds ?? null;
  }
}
