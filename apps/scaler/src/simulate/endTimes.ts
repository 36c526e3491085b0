/** A running job of a simulation. */
export interface RunningJob {
  readonly endsAtMs: number;
  readonly serviceMs: number;
}

/** Running jobs, the one that ends first at the front. */
export interface EndTimes {
  size(): number;
  add(job: RunningJob): void;
  /** Takes the job that ends first if it ends up to a moment; null when none does. */
  takeUntil(atMs: number): RunningJob | null;
  /** How long the jobs run after a moment, added up, in ms. */
  beyondMs(atMs: number): number;
}

/** Makes an empty one: an array in order, for a tenant runs few jobs at a time. */
export function createEndTimes(): EndTimes {
  // The last is the first to end, so that taking moves nothing.
  const running: RunningJob[] = [];
  return {
    size: () => running.length,
    add(job) {
      let at = running.length;
      while (at > 0 && (running[at - 1]?.endsAtMs ?? 0) <= job.endsAtMs) at--;
      running.splice(at, 0, job);
    },
    takeUntil(atMs) {
      const first = running.at(-1);
      if (first === undefined || first.endsAtMs > atMs) return null;
      running.pop();
      return first;
    },
    beyondMs: (atMs) => running.reduce((sum, { endsAtMs }) => sum + Math.max(0, endsAtMs - atMs), 0),
  };
}
