import type { PreparedJob } from '@sluice/shared/accept/prepareJob';
import type { JobEnds } from '@sluice/shared/client/jobEnds';
import { callsLeft, refillsInMs } from '@sluice/shared/domain/quotaWait';
import type { OutlookReader } from '@sluice/shared/outlook/outlook';
import type { PlaceWatch } from '@sluice/shared/outlook/placeWatch';
import type { JobEnd } from '@sluice/shared/postgres/queries/findEnded';
import type { Acceptance } from './acceptJob.js';

/** Waits a little for jobs that are expected to run at once. */
export interface DirectAnswers {
  /** Whether a job of this lane would run at once: a worker lives, nobody waits, and the quota allows another call. */
  wouldRun(lane: PreparedJob['lane']): Promise<boolean>;
  /** The end of a job that was accepted, or null when its request is to be answered with its place. */
  awaitEnd(job: PreparedJob, acceptance: Acceptance, expected: boolean, gone: AbortSignal): Promise<JobEnd | null>;
}

/** What waiting rests on. */
export interface DirectAnswersParts {
  readonly outlooks: Pick<OutlookReader, 'facts'>;
  readonly places: Pick<PlaceWatch, 'watch'>;
  readonly ends: JobEnds;
  /** Whether any worker process lives. */
  readonly hasWorkers: () => Promise<boolean>;
  /** Longest that a request waits, in ms; 0 never. */
  readonly waitMs: number;
}

/** How long a request that came before waits for what is known already, in ms. */
const KNOWN_WAIT_MS = 250;

/** By the feed and the ledger; a job that meets a paused lane is not waited for any longer. */
export function createDirectAnswers(parts: DirectAnswersParts): DirectAnswers {
  const { outlooks, places, ends, hasWorkers, waitMs } = parts;
  return {
    async wouldRun(lane) {
      if (waitMs === 0) return false;
      const [facts, alive] = await Promise.all([outlooks.facts(lane), hasWorkers().catch(() => false)]);
      if (!alive || facts === null || facts.waiting > 0 || facts.pausedMs > 0) return false;
      // Each that runs has taken its call, unless it is about to.
      return facts.quota === null || (callsLeft(facts.quota) !== 0 && refillsInMs(facts.quota) === 0);
    },
    async awaitEnd({ lane, row }, acceptance, expected, gone) {
      const forMs = expected ? waitMs : KNOWN_WAIT_MS;
      if (!expected && acceptance.kind === 'new') return null;
      const giveUp = new AbortController();
      const unwatch = places.watch(lane, row.id, ({ position, pausedMs }) => {
        if (position !== null && pausedMs > 0) giveUp.abort();
      });
      try {
        const signal = AbortSignal.any([gone, giveUp.signal, AbortSignal.timeout(forMs)]);
        return await ends.wait(row.tenantId, row.id, signal);
      } catch {
        return null;
      } finally {
        unwatch();
      }
    },
  };
}
