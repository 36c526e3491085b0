import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { PresentJob } from '../postgres/queries/findPresent.js';

/** Interval between reads of all followed jobs from the ledger, in ms: no notice depends on events alone. */
const LOOK_EVERY_MS = 5_000;

/** Jobs reported as over are read together, after this delay, in ms. */
const HURRY_MS = 10;

/** Maximum number of jobs per query. */
const JOBS_PER_QUESTION = 1_000;

/** Receives a job's current state on each read; null when the ledger no longer has it. Must not throw. */
export type PresentListener = (job: PresentJob | null) => void;

/** Reads the state of the jobs that have followers. */
export interface PresentJobs extends Service {
  /** Returns a function that unsubscribes. */
  follow(jobId: string, listener: PresentListener): () => void;
  /** The job was reported as over: reads it soon. */
  hurry(jobId: string): void;
}

/** The current state of these jobs in the ledger; those that it does not have are omitted. */
export type FindPresent = (ids: readonly string[]) => Promise<readonly PresentJob[]>;

/** One query for all followed jobs, and one for those reported as over. */
export function createPresentJobs(find: FindPresent, log: Log): PresentJobs {
  const followed = new Map<string, Set<PresentListener>>();
  let due = new Set<string>();
  let timer: NodeJS.Timeout | null = null;

  async function look(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += JOBS_PER_QUESTION) {
      const asked = ids.slice(from, from + JOBS_PER_QUESTION);
      const found = new Map((await find(asked)).map((job) => [job.id, job]));
      for (const id of asked) {
        due.delete(id);
        for (const listener of [...(followed.get(id) ?? [])]) listener(found.get(id) ?? null);
      }
    }
  }

  const everyone = runEvery('present-jobs', LOOK_EVERY_MS, () => look([...followed.keys()]), log);

  async function lookAtDue(): Promise<void> {
    timer = null;
    const ids = [...due].filter((id) => followed.has(id));
    due = new Set();
    try {
      await look(ids);
    } catch (err) {
      log.debug(
        { component: 'wait_estimates', event: 'jobs_unreadable', err, jobs: ids.length },
        'failed to read the state of jobs: retrying soon',
      );
    }
  }

  return {
    ...everyone,
    follow(jobId, listener) {
      const own = followed.get(jobId) ?? new Set();
      followed.set(jobId, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0 && followed.get(jobId) === own) followed.delete(jobId);
      };
    },
    hurry(jobId) {
      due.add(jobId);
      timer ??= setTimeout(() => void lookAtDue(), HURRY_MS);
    },
    async stop(deadline) {
      if (timer !== null) clearTimeout(timer);
      await everyone.stop(deadline);
    },
  };
}
