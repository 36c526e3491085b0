import type { JobTable } from '../watch/jobTable.js';
import type { AttemptStop } from './attemptStop.js';
import { createAttemptStop } from './attemptStop.js';

/** The jobs that run in this process, with a way to stop them. */
export interface RunningJobs {
  /** Registers a job, by its id in the ledger, for as long as it runs. */
  enter(jobId: string): { readonly stop: AttemptStop; leave(): void };
  /** Stops one job; does nothing when it does not run here. */
  cancel(jobId: string): void;
  /** Stops every running job, and later ones as soon as they enter. */
  stopAll(): void;
  count(): number;
  ids(): string[];
}

const NO_TABLE = { enter: () => () => undefined };

/**
 * Creates an empty registry of running jobs.
 * @param table receives each job, for readers that need the ids while this thread is blocked
 */
export function createRunningJobs(table: Pick<JobTable, 'enter'> = NO_TABLE): RunningJobs {
  const running = new Map<string, AttemptStop>();
  let stopping = false;
  return {
    enter(jobId) {
      const stop = createAttemptStop();
      running.set(jobId, stop);
      const leaveTable = table.enter(jobId);
      if (stopping) stop.stop('stopping');
      return {
        stop,
        leave: () => {
          leaveTable();
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
    ids: () => [...running.keys()],
  };
}
