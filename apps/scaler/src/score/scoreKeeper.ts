import type { Leadership } from '../lead/leaderElection.js';
import { passDueAt } from './eras.js';
import type { RescoreDeps } from './rescoreLanes.js';
import { rescoreLanes } from './rescoreLanes.js';

/** Makes each pass over the priorities when it is due, once. */
export function createScoreKeeper(deps: RescoreDeps, now: () => number): (leadership: Leadership) => Promise<void> {
  const { client, keys, log } = deps;
  return async (leadership) => {
    const pass = passDueAt(now());
    if ((await client.get(keys.scoringPass)) === pass.name) return;
    const changed = await rescoreLanes(leadership, pass, deps);
    if (changed === null) return;
    // What was taken or added while the pass went on may have moved others past it: it is over when it finds nothing to do.
    if (changed === 0) await client.set(keys.scoringPass, pass.name);
    else
      log.info(
        { component: 'priorities', event: 'jobs_rescored', jobs: changed, pass: pass.name },
        'recomputed the priorities of waiting jobs',
      );
  };
}
