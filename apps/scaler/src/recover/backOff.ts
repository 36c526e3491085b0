import type { Leadership } from '../lead/leaderElection.js';

/** First and maximum delay after a failure, in ms. */
const REST_MS = { first: 1_000, longest: 30_000 };

/**
 * Wraps a step with exponential backoff after failures: a full Redis or an unavailable ledger is not queried, nor
 * logged, at every tick.
 * @param monotonicMs a monotonic clock, in ms
 */
export function withBackOff(
  step: (leadership: Leadership) => Promise<unknown>,
  monotonicMs: () => number,
): (leadership: Leadership) => Promise<void> {
  let failures = 0;
  let restUntilMs = Number.NEGATIVE_INFINITY;
  return async (leadership) => {
    if (monotonicMs() < restUntilMs) return;
    try {
      await step(leadership);
      failures = 0;
    } catch (error) {
      restUntilMs = monotonicMs() + Math.min(REST_MS.longest, REST_MS.first * 2 ** failures);
      failures++;
      throw error;
    }
  };
}
