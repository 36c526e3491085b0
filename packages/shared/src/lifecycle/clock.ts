/** The source of time; tests pass one that they advance manually. */
export interface Clock {
  /** Unix time in ms. */
  now(): number;
}

/** This machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** A monotonic clock of this machine with an arbitrary origin, in ms. */
export function monotonicMs(): number {
  return performance.now();
}
