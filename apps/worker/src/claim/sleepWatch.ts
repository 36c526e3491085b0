/** The machine has slept when the time of day went on by so much more than the clock that never jumps, in ms. */
const SLEPT_MS = 1_000;

/** Tells, each time it is asked, whether the machine has slept since: a clock that never jumps stands still meanwhile. */
export function createSleepWatch(now: () => number, monotonicMs: () => number): () => boolean {
  let diffMs = now() - monotonicMs();
  return () => {
    const before = diffMs;
    diffMs = now() - monotonicMs();
    return diffMs - before > SLEPT_MS;
  };
}
