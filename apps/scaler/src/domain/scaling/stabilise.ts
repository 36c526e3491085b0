/** A recommendation in the window. */
interface Remembered {
  readonly slots: number;
  readonly atMs: number;
}

/**
 * The recommendations of a tenant that a shrink must respect, oldest and highest first. A lower one that precedes a
 * higher one can never be the highest again, so it is dropped: the window never has more entries than there are
 * distinct slot counts.
 */
export type RecommendationWindow = readonly Remembered[];

/** Slots after stabilisation, and the window for the next call. */
export interface Stabilised {
  readonly slots: number;
  readonly window: RecommendationWindow;
}

/**
 * Applies growth at once; a shrink goes no further than the highest recommendation of the window, the newest included.
 * Like Kubernetes' HorizontalPodAutoscaler with `scaleDown.stabilizationWindowSeconds`, including its start: without a
 * window (a new leader) the current slots count as recommended just now.
 * @param window as returned by the previous call; null before the first
 * @param recommended slots, within the bounds
 * @param current slots of the previous decision; null when there was none
 * @param span `nowMs` on a monotonic clock, and how long a recommendation counts, in ms; 0 shrinks at once
 */
export function stabilise(
  window: RecommendationWindow | null,
  recommended: number,
  current: number | null,
  { nowMs, windowMs }: { readonly nowMs: number; readonly windowMs: number },
): Stabilised {
  const before = window ?? (current === null ? [] : [{ slots: current, atMs: nowMs }]);
  const kept = before.filter(({ slots, atMs }) => slots > recommended && nowMs - atMs < windowMs);
  const next = [...kept, { slots: recommended, atMs: nowMs }];
  const highest = next[0]?.slots ?? recommended;
  const slots = current === null ? recommended : Math.min(Math.max(current, recommended), highest);
  return { slots, window: next };
}
