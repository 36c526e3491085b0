/** Why a running job is told to stop. */
export type StopReason = 'cancelled' | 'stopping';

/** The jobs that run in this process, and the way to stop them. */
export interface RunningJobs {
  /** Notes a job, by its id in the ledger, for as long as it runs; its signal aborts with a {@link StopReason}. */
  enter(jobId: string): { readonly signal: AbortSignal; leave(): void };
  /** Tells one job to stop; nothing when it does not run here. */
  cancel(jobId: string): void;
  /** Tells every job to stop: now, and those that come later at once. */
  stopAll(): void;
  count(): number;
}

/** Starts with none. */
export function createRunningJobs(): RunningJobs {
  const running = new Map<string, AbortController>();
  let stopping = false;
  return {
    enter(jobId) {
      const controller = new AbortController();
      running.set(jobId, controller);
      if (stopping) controller.abort('stopping' satisfies StopReason);
      return {
        signal: controller.signal,
        leave: () => {
          if (running.get(jobId) === controller) running.delete(jobId);
        },
      };
    },
    cancel(jobId) {
      running.get(jobId)?.abort('cancelled' satisfies StopReason);
    },
    stopAll() {
      stopping = true;
      for (const controller of running.values()) controller.abort('stopping' satisfies StopReason);
    },
    count: () => running.size,
  };
}
