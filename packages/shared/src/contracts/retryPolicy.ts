/** When and how often a failed attempt is retried. */
export interface RetryPolicy {
  /** Retries after the first attempt; 3 means at most four attempts that count. */
  readonly maxRetries: number;
  /** Upper bound of the first retry's delay, in ms. */
  readonly baseMs: number;
  /** Upper bound of every later delay, in ms. */
  readonly capMs: number;
}

/** The fleet's default: 2 s base, 60 s cap, 3 retries. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { maxRetries: 3, baseMs: 2_000, capMs: 60_000 };
