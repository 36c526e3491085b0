import { runEvery } from '../lifecycle/runEvery.js';
import type { Log, Service } from '../lifecycle/service.js';
import type { JobEnd } from '../postgres/queries/findEnded.js';

/** How often the ledger is asked which of all followed jobs are over, in ms: no end rests on a message that was heard. */
const LOOK_EVERY_MS = 5_000;

/** Learns of the end of jobs that somebody follows. */
export interface EndedJobs extends Service {
  /** Calls back once, when the ledger says that the job is over. Returns how to end it. */
  follow(jobId: string, over: (end: JobEnd) => void): () => void;
  /** A job is said to be over: looks at once. */
  hurry(): void;
}

/**
 * One question for all jobs that are followed, and soon when one of them is said to be over.
 * @param find which of these jobs are over, by the ledger
 */
export function createEndedJobs(find: (ids: readonly string[]) => Promise<readonly JobEnd[]>, log: Log): EndedJobs {
  const followed = new Map<string, Set<(end: JobEnd) => void>>();
  let said = false;
  const loop = runEvery(
    'ended-jobs',
    LOOK_EVERY_MS,
    async () => {
      said = false;
      if (followed.size === 0) return;
      for (const end of await find([...followed.keys()])) {
        for (const over of followed.get(end.id) ?? []) over(end);
        followed.delete(end.id);
      }
    },
    log,
  );
  return {
    ...loop,
    follow(jobId, over) {
      const own = followed.get(jobId) ?? new Set();
      followed.set(jobId, own.add(over));
      return () => {
        own.delete(over);
        if (own.size === 0 && followed.get(jobId) === own) followed.delete(jobId);
      };
    },
    hurry() {
      // Many end in one moment: they are asked for together.
      if (said) return;
      said = true;
      setTimeout(() => loop.hurry(), 10).unref();
    },
  };
}
