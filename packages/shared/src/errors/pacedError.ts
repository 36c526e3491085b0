import { FleetError } from './fleetError.js';

/** An upstream that asks to wait (429, or 503 with Retry-After). Costs the job none of its retries. */
export class PacedError extends FleetError {
  /** How long the upstream asks to wait, in ms; null when it did not say. */
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null, options?: { readonly cause?: unknown }) {
    super('upstream_paced', message, options);
    this.retryAfterMs = retryAfterMs;
  }
}
