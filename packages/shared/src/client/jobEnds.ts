import { isTerminal } from '../contracts/jobStates.js';
import type { QueueClass } from '../contracts/queueClass.js';
import { laneName } from '../domain/lane.js';
import type { FeedReader } from '../feed/feedReader.js';
import type { Log } from '../lifecycle/service.js';
import type { EndedJobs } from '../outlook/endedJobs.js';
import type { PlaceWatch } from '../outlook/placeWatch.js';
import type { JobEnd } from '../postgres/queries/findEnded.js';
import type { FedEvent } from '../redis/commands/feed.js';

/** Waits for the ends of jobs. */
export interface JobEnds {
  /** Resolves with the end of a job, however long that takes; rejects with the signal's reason when it aborts. */
  wait(tenantId: string, jobId: string, signal: AbortSignal): Promise<JobEnd>;
}

/** What waiting rests on. */
export interface JobEndsParts {
  readonly feed: Pick<FeedReader, 'listen'>;
  readonly ended: Pick<EndedJobs, 'follow' | 'hurry'>;
  readonly places: Pick<PlaceWatch, 'stirByName'>;
  readonly log: Log;
}

interface Listened {
  readonly jobs: Set<string>;
  readonly listening: Promise<() => void>;
}

/** The feed says when to look, once per tenant however many wait; the ledger, asked for all at once, is what counts. */
export function createJobEnds({ feed, ended, places, log }: JobEndsParts): JobEnds {
  const tenants = new Map<string, Listened>();

  function hear(jobs: ReadonlySet<string>, { event }: FedEvent): void {
    if (event.kind !== 'state') return;
    places.stirByName(laneName({ tenantId: event.tenantId, queueClass: event.queueClass as QueueClass }));
    if (jobs.has(event.jobId) && isTerminal(event.state)) ended.hurry();
  }

  function listen(tenantId: string): Listened {
    const known = tenants.get(tenantId);
    if (known !== undefined) return known;
    const jobs = new Set<string>();
    const listening = feed
      .listen(tenantId, (fed) => hear(jobs, fed))
      .then(
        ({ stop }) => stop,
        (err: unknown) => {
          log.debug({ err, tenantId }, 'the feed cannot be heard; the ledger is asked from time to time');
          return () => undefined;
        },
      );
    const made = { jobs, listening };
    tenants.set(tenantId, made);
    return made;
  }

  function leave(tenantId: string, jobId: string): void {
    const own = tenants.get(tenantId);
    own?.jobs.delete(jobId);
    if (own === undefined || own.jobs.size > 0) return;
    tenants.delete(tenantId);
    void own.listening.then((stop) => stop());
  }

  return {
    wait(tenantId, jobId, signal) {
      return new Promise((resolve, reject) => {
        const { jobs, listening } = listen(tenantId);
        jobs.add(jobId);
        const done = (): void => {
          signal.removeEventListener('abort', onAbort);
          unfollow();
          leave(tenantId, jobId);
        };
        const onAbort = (): void => {
          done();
          reject(signal.reason);
        };
        const unfollow = ended.follow(jobId, (end) => {
          done();
          resolve(end);
        });
        signal.addEventListener('abort', onAbort, { once: true });
        if (signal.aborted) onAbort();
        // It may have ended before anyone listened.
        else void listening.then(() => ended.hurry());
      });
    },
  };
}
