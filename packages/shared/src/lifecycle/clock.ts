/** Where time comes from; a test passes one that it moves by hand. */
export interface Clock {
  /** Unix time in ms. */
  now(): number;
}

/** This machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** A clock of this machine that never jumps and counts from any moment, in ms. */
export function monotonicMs(): number {
  return performance.now();
}
