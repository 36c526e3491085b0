import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { countUnqueued } from '@sluice/fleet/postgres/queries/countUnqueued';
import type { UnqueuedLimit } from '@sluice/fleet/submit/acceptancePaths';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { mayWaitUnqueued } from '../domain/unqueuedShare.js';

/** How long a count is used, in ms. */
const COUNT_MS = 1_000;

/** When those who are refused may retry, in seconds. */
const RETRY_AFTER_S = 5;

interface Counted {
  all: number;
  readonly own: Map<string, number>;
}

/**
 * The ledger's count for the whole fleet, plus what this process has accepted since it was made. Several processes may exceed the
 * limit together, by what each accepts in a second. A tenant that exceeds its share, or a fleet at its limit, is refused.
 * @param most jobs that may wait in the whole fleet
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
