import type { AttemptStop } from './attemptStop.js';
import { createAttemptStop } from './attemptStop.js';

/** The jobs that run in this process, and the way to stop them. */
export interface RunningJobs {
  /** Notes a job, by its id in the ledger, for as long as it runs. */
  enter(jobId: string): { readonly stop: AttemptStop; leave(): void };
  /** Tells one job to stop; nothing when it does not run here. */
  cancel(jobId: string): void;
  /** Tells every job to stop: now, and those that come later at once. */
  stopAll(): void;
  count(): number;
}

/** Starts with none. */
export function createRunningJobs(): RunningJobs {
  const running = new Map<string, AttemptStop>();
  let stopping = false;
  return {
    enter(jobId) {
      const stop = createAttemptStop();
      running.set(jobId, stop);
      if (stopping) stop.stop('stopping');
      return {
        stop,
        leave: () => {
          if (running.get(jobId) === stop) running.delete(jobId);
        },
      };
    },
    cancel(jobId) {
      running.get(jobId)?.stop('cancelled');
    },
    stopAll() {
      stopping = true;
      for (const stop of running.values()) stop.stop('stopping');
    },
    count: () => running.size,
  };
}
