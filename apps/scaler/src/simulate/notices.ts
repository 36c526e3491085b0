/** A notice comes at once after a pause, and then at most so often, in ms: as a producer tells which lanes it added to. */
const TOUCH_EVERY_MS = 500;

/** Which tenants the scaler was told of. */
export interface Notices {
  /** Tells of a job that arrived; moments must ascend. */
  touch(tenant: string, atMs: number): void;
  /** The tenants of all notices up to a moment that were not taken yet. */
  takeUntil(atMs: number): ReadonlySet<string>;
}

/** Makes the notices of one producer. */
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
      // Nothing was told for a while: this one is told at once.
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
