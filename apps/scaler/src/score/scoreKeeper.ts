import type { Leadership } from '../lead/leaderElection.js';
import { passDueAt } from './eras.js';
import type { RescoreDeps } from './rescoreLanes.js';
import { rescoreLanes } from './rescoreLanes.js';

/** Runs each rescoring pass once, when it is due. */
export function createScoreKeeper(deps: RescoreDeps, now: () => number): (leadership: Leadership) => Promise<void> {
  const { client, keys, log } = deps;
  return async (leadership) => {
    const pass = passDueAt(now());
    if ((await client.get(keys.scoringPass)) === pass.name) return;
    const changed = await rescoreLanes(leadership, pass, deps);
    if (changed === null) return;
    // Jobs taken or added during the pass may have moved others past it: it is complete only when it finds nothing to
    // do.
    if (changed === 0) await client.set(keys.scoringPass, pass.name);
    else
      log.info(
        { component: 'priorities', event: 'jobs_rescored', jobs: changed, pass: pass.name },
        'recomputed the priorities of waiting jobs',
      );
  };
}
