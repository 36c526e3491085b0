import { isTerminal } from '@sluice/shared/contracts/jobStates';
import type { PresentJob } from '../postgres/queries/findPresent.js';
import type { PresentJobs } from '../wait/presentJobs.js';
import type { FeedReader } from './feedReader.js';

/** Waits for jobs to end. */
export interface JobEnds {
  /**
   * Resolves with the job once it has ended, however long that takes; rejects with the signal's reason when it aborts.
   */
  wait(tenantId: string, jobId: string, signal: AbortSignal): Promise<PresentJob>;
}

/** Dependencies of waiting for jobs to end. */
export interface JobEndsDeps {
  readonly feed: Pick<FeedReader, 'listen'>;
  readonly present: Pick<PresentJobs, 'follow' | 'hurry'>;
}

/** The feed triggers a read of the ledger, one for all jobs; the ledger is authoritative. */
export function createJobEnds({ feed, present }: JobEndsDeps): JobEnds {
  return {
    wait(tenantId, jobId, signal) {
      return new Promise((resolve, reject) => {
        const listening = feed.listen({ tenantId, jobId }, ({ event }) => {
          if (event.kind === 'state' && isTerminal(event.state)) present.hurry(jobId);
        });
        const done = (): void => {
          signal.removeEventListener('abort', onAbort);
          unfollow();
          void listening.then(({ stop }) => stop());
        };
        const onAbort = (): void => {
          done();
          reject(signal.reason);
        };
        // A job with `durability: redis` may not have a row yet.
        const unfollow = present.follow(jobId, (job) => {
          if (job === null || !job.isOver) return;
          done();
          resolve(job);
        });
        signal.addEventListener('abort', onAbort, { once: true });
        if (signal.aborted) onAbort();
        // It may have ended before the subscription began.
        else void listening.then(() => present.hurry(jobId));
      });
    },
  };
}
