import { FleetError } from './fleetError.js';

/** An upstream that asks to wait (429, or 503 with Retry-After). Costs the job none of its retries. */
export class PacedError extends FleetError {
  /** How long the upstream asks to wait, in ms; null when unspecified. */
  readonly retryAfterMs: number | null;
  /** Only the part of the upstream that was called (such as one GA4 property) asks to wait; other parts may be called. */
  readonly ofPart: boolean;

  constructor(
    message: string,
    retryAfterMs: number | null,
    options: { readonly cause?: unknown; readonly ofPart?: boolean } = {},
  ) {
    super('upstream_paced', message, options);
    this.retryAfterMs = retryAfterMs;
    this.ofPart = options.ofPart ?? false;
  }
}
