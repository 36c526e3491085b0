import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { countUnqueued } from '@sluice/fleet/postgres/queries/countUnqueued';
import type { UnqueuedLimit } from '@sluice/fleet/submit/acceptancePaths';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { mayWaitUnqueued } from '../domain/unqueuedShare.js';

/** How long a count is cached, in ms. */
const COUNT_MS = 1_000;

/** When a refused client may retry, in seconds. */
const RETRY_AFTER_S = 5;

interface Counted {
  all: number;
  readonly own: Map<string, number>;
}

/**
 * Limits unqueued jobs by the ledger's count for the whole fleet plus what this process has accepted since that count.
 * Several processes together may overshoot by what each accepts in a second. Refuses a tenant over its share, and all
 * at the fleet's limit.
 * @param most maximum of unqueued jobs in the whole fleet
 */
export function createUnqueuedLimit(ledger: Ledger, most: number, now: () => number): UnqueuedLimit {
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
        const message = `The queue does not accept jobs at the moment, and ${all} accepted jobs wait for it already, ${own} of them this tenant's.`;
        throw new ProblemError('unavailable', message, { retryAfterSeconds: RETRY_AFTER_S });
      }
      counted.own.set(tenantId, own + 1);
      counted.all++;
    },
  };
}
