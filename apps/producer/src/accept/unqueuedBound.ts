import { ProblemError } from '@sluice/shared/errors/problemError';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { countUnqueued } from '@sluice/shared/postgres/queries/countUnqueued';
import type { Ledger } from '../stores/ledger.js';

/** Bounds how many jobs may be accepted without being queued. */
export interface UnqueuedBound {
  /**
   * Counts one more job that will not be queued now.
   * @throws ProblemError `unavailable` when as many wait in the fleet as may
   */
  take(): Promise<void>;
}

/** How long a count is used, in ms. */
const COUNT_MS = 1_000;

/** When those who are refused shall come back, in seconds. */
const RETRY_AFTER_S = 5;

/**
 * The ledger's count for the whole fleet, and what this process has accepted since it was made. Several processes may go
 * above the bound together, by what each accepts in a second.
 */
export function createUnqueuedBound(ledger: Ledger, most: number, now: () => number): UnqueuedBound {
  let since = 0;
  const count = createShortCache(
    () => {
      since = 0;
      return ledger((db) => countUnqueued(db, most));
    },
    COUNT_MS,
    now,
  );
  return {
    async take() {
      const waiting = await count('');
      if (waiting + since >= most) {
        const message = `The queue takes no jobs at present, and ${most} accepted ones wait for it already.`;
        throw new ProblemError('unavailable', message, { retryAfterSeconds: RETRY_AFTER_S });
      }
      since++;
    },
  };
}
