import type { ErrorCode } from './errorCode.js';
import { FleetError } from './fleetError.js';

/** A refusal with more to say to a client: members for problem+json, and when to come back. */
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
