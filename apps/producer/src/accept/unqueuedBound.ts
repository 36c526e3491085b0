import { countUnqueued } from '@sluice/fleet/postgres/queries/countUnqueued';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { mayWaitUnqueued } from '../domain/unqueuedShare.js';
import type { Ledger } from '../stores/ledger.js';

/** Bounds how many jobs may be accepted without being queued. */
export interface UnqueuedBound {
  /**
   * Counts one more job of a tenant that will not be queued now.
   * @throws ProblemError `unavailable` when as many wait in the fleet as may, or more than the tenant's share
   */
  take(tenantId: string): Promise<void>;
}

/** How long a count is used, in ms. */
const COUNT_MS = 1_000;

/** When those who are refused shall come back, in seconds. */
const RETRY_AFTER_S = 5;

interface Counted {
  all: number;
  readonly own: Map<string, number>;
}

/**
 * The ledger's count for the whole fleet, and what this process has accepted since it was made. Several processes may go
 * above the bound together, by what each accepts in a second.
 */
export function createUnqueuedBound(ledger: Ledger, most: number, now: () => number): UnqueuedBound {
  const count = createShortCache(
    async (): Promise<Counted> => {
      const own = new Map(await ledger((db) => countUnqueued(db, most)));
      return { own, all: [...own.values()].reduce((sum, jobs) => sum + jobs, 0) };
    },
    COUNT_MS,
    now,
  );
  return {
    async take(tenantId) {
      const counted = await count('');
      const { all } = counted;
      const own = counted.own.get(tenantId) ?? 0;
      if (!mayWaitUnqueued({ all, own }, most)) {
        const message = `The queue takes no jobs at present, and ${all} accepted ones wait for it already, ${own} of them this tenant's.`;
        throw new ProblemError('unavailable', message, { retryAfterSeconds: RETRY_AFTER_S });
      }
      counted.own.set(tenantId, own + 1);
      counted.all++;
    },
  };
}
