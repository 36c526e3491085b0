import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { RunningJobs } from './attempt/runningJobs.js';
import type { JobIntake } from './claim/jobIntake.js';

/** How long stopped jobs may take to be handed back, in ms. */
const HAND_BACK_MS = 3_000;

/**
 * Drains a process: takes no more jobs, waits for running ones, and at the deadline hands the rest back without using
 * up an attempt.
 */
export function createJobConsumer(intake: Pick<JobIntake, 'drain'>, running: RunningJobs, log: Log): Service {
  return {
    name: 'consumer',
    async start() {
      // The intake is a service of its own.
    },
    async stop(deadline) {
      const closed = intake.drain();
      const handBack = (): void => {
        if (running.count() > 0)
          log.info(
            { component: 'consumer', event: 'jobs_handed_back', jobs: running.count() },
            'grace period over: handing back running jobs',
          );
        running.stopAll();
      };
      if (deadline.aborted) handBack();
      else deadline.addEventListener('abort', handBack, { once: true });
      await Promise.race([closed, sometimeAfter(deadline)]);
      deadline.removeEventListener('abort', handBack);
    },
  };
}

function sometimeAfter(deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wait = (): void => {
      setTimeout(resolve, HAND_BACK_MS).unref();
    };
    if (deadline.aborted) wait();
    else deadline.addEventListener('abort', wait, { once: true });
  });
}
