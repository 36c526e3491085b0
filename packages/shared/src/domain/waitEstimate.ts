/**
 * How long a waiting job will wait, in ms: the jobs ahead of it and itself shared out over the tenant's slots.
 * @param position 1 for the next job
 * @param serviceMs how long one job of the lane has taken of late
 * @param slots how many run at a time, at least 1
 */
export function estimateWaitMs(position: number, serviceMs: number, slots: number): number {
  return Math.round((Math.max(0, position) * serviceMs) / Math.max(1, slots));
}

/** Service time that is assumed of a lane that has run nothing yet, in ms. */
export const ASSUMED_SERVICE_MS = 1_000;

/**
 * A service time that follows the latest ones: exponentially weighted moving average, the newest counting a fifth.
 * @param previousMs null before the first sample
 */
export function blendServiceMs(previousMs: number | null, latestMs: number): number {
  return previousMs === null ? latestMs : previousMs + (latestMs - previousMs) / 5;
}
