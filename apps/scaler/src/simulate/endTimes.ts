/** A running job of a simulation. */
export interface RunningJob {
  readonly endsAtMs: number;
  readonly serviceMs: number;
}

/** Running jobs, ordered by end time. */
export interface EndTimes {
  size(): number;
  add(job: RunningJob): void;
  /** Removes the first job to end if it ends at or before a time; null when none does. */
  takeUntil(atMs: number): RunningJob | null;
  /** Total time that the jobs run beyond a time, in ms. */
  beyondMs(atMs: number): number;
}

/** Creates an empty one: a sorted array, because a tenant runs few jobs at a time. */
export function createEndTimes(): EndTimes {
  // Sorted with the first to end last, so that removing it moves nothing.
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
