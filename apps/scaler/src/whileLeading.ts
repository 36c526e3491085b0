import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { LeaderElection, Leadership } from './lead/leaderElection.js';

/** Runs a step periodically while this process leads. */
export function whileLeading(
  name: string,
  {
    everyMs,
    lead,
    log,
  }: { readonly everyMs: number; readonly lead: Pick<LeaderElection, 'current'>; readonly log: Log },
  step: (leadership: Leadership) => Promise<unknown>,
): PeriodicService {
  return runEvery(
    name,
    everyMs,
    async () => {
      const leadership = lead.current();
      if (leadership !== null) await step(leadership);
    },
    log,
  );
}
