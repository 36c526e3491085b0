import type { Leadership } from '../lead/leaderElection.js';

/** The first rest after a failure, and the longest, in ms. */
const REST_MS = { first: 1_000, longest: 30_000 };

/**
 * A step that rests after it failed, twice as long each time: a Redis that is full or a ledger that is away is not asked, nor
 * told of in the log, at every tick.
 * @param monotonicMs a clock that never jumps, in ms
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
