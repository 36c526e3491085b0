/** A job's put-backs since it last ran or was submitted. */
export interface PutBacks {
  readonly times: number;
  /** Time since the first of them, in ms; 0 when there was none. */
  readonly forMs: number;
}

/** What becomes of a job that this worker cannot run but another might. */
export type PutBackVerdict = { readonly kind: 'put-back'; readonly delayMs: number } | { readonly kind: 'give-up' };

/** Delay after the first put-back, in ms; doubles each time, up to the maximum. */
const BASE_DELAY_MS = 1_000;

/** Maximum delay between two put-backs, in ms, and so the longest that a worker able to run the job waits for it. */
const MAX_DELAY_MS = 30_000;

/**
 * Decides whether a job that this worker cannot run waits for one that can. Pure. The delay grows exponentially with
 * equal jitter (half fixed, half random), so that a backlog of such jobs does not occupy the workers; it ends no later
 * than the patience.
 * @param patienceMs how long the job may wait since it was first put back; 0 gives up at once
 * @param random source of [0, 1)
 */
export function decidePutBack({ times, forMs }: PutBacks, patienceMs: number, random: () => number): PutBackVerdict {
  const leftMs = patienceMs - forMs;
  if (leftMs <= 0) return { kind: 'give-up' };
  const ceilingMs = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.min(times, 30));
  return { kind: 'put-back', delayMs: Math.ceil(Math.min(leftMs, ceilingMs * (0.5 + 0.5 * random()))) };
}
