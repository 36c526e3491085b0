/** The machine has slept when the wall clock advanced this much more than the monotonic clock, in ms. */
const SLEPT_MS = 1_000;

/**
 * Returns a function that reports whether the machine has slept since its last call: a monotonic clock stands still
 * meanwhile.
 */
export function createSleepWatch(now: () => number, monotonicMs: () => number): () => boolean {
  let diffMs = now() - monotonicMs();
  return () => {
    const before = diffMs;
    diffMs = now() - monotonicMs();
    return diffMs - before > SLEPT_MS;
  };
}
