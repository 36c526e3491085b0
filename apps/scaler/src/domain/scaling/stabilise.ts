/** A recommendation that counts until it leaves the window. */
interface Remembered {
  readonly slots: number;
  readonly atMs: number;
}

/**
 * The recommendations of a tenant that a shrink must respect, oldest and highest first. A lower one that came before a
 * higher can never be the highest again, so none is kept: never more entries than there are different slot counts.
 */
export type RecommendationWindow = readonly Remembered[];

/** Slots after stabilisation, and the window for the next time. */
export interface Stabilised {
  readonly slots: number;
  readonly window: RecommendationWindow;
}

/**
 * Growth is taken at once; a shrink goes no further than to the highest recommendation of the window, the newest
 * included. As Kubernetes' HorizontalPodAutoscaler does with `scaleDown.stabilizationWindowSeconds`, its start as well:
 * without a window (a new leader) the slots that there are count as recommended just now.
 * @param window as the call before returned it; null before the first
 * @param recommended slots, within the bounds
 * @param current slots of the decision before; null when there was none
 * @param span `nowMs` on a clock that never jumps, and how long a recommendation counts, in ms; 0 shrinks at once
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
