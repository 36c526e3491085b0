/**
 * Minimum interval between notices, in ms; the first one after a pause is immediate, as when a producer reports the
 * lanes that it added to.
 */
const TOUCH_EVERY_MS = 500;

/** The notices that the scaler receives. */
export interface Notices {
  /** Reports an arrived job; times must ascend. */
  touch(tenant: string, atMs: number): void;
  /** Takes the tenants of all pending notices up to a time. */
  takeUntil(atMs: number): ReadonlySet<string>;
}

/** Creates the notices of one producer. */
export function createNotices(): Notices {
  let untold = new Set<string>();
  let told = new Set<string>();
  let nextAtMs = Number.NEGATIVE_INFINITY;

  function tellUntil(atMs: number): void {
    if (untold.size === 0 || nextAtMs > atMs) return;
    for (const tenant of untold) told.add(tenant);
    untold = new Set();
    nextAtMs += TOUCH_EVERY_MS;
  }

  return {
    touch(tenant, atMs) {
      tellUntil(atMs);
      untold.add(tenant);
      // No recent notice: this one is sent at once.
      if (nextAtMs < atMs) nextAtMs = atMs;
      tellUntil(atMs);
    },
    takeUntil(atMs) {
      tellUntil(atMs);
      const taken = told;
      told = new Set();
      return taken;
    },
  };
}
