import { tenantOfLane } from '@sluice/shared/domain/lane';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { LeaderElection, Leadership } from './lead/leaderElection.js';
import type { Look } from './look.js';

/** Notices are gathered for this long before the tenants that they name are looked at, in ms. */
const GATHER_MS = 250;

/** Looks at the fleet, again and again. */
export interface LookLoop extends PeriodicService {
  /** Takes a notice: names of lanes that jobs were added to, joined by a space. */
  touch(laneNames: string): void;
}

/** When and how to look. */
export interface LookLoopOptions {
  readonly look: Look;
  readonly lead: Pick<LeaderElection, 'current'>;
  readonly intervalMs: number;
  /** A clock that never jumps, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/**
 * One loop for both kinds of look, so that no two decide on the same tenant at once. It ticks every 250 ms, which costs
 * nothing while there is nothing to do. A new leader looks at all tenants first. What was touched before is dropped
 * then: the look at all has seen it.
 */
export function createLookLoop({ look, lead, intervalMs, monotonicMs, log }: LookLoopOptions): LookLoop {
  let touched = new Set<string>();
  let lastAll: { readonly fence: number; readonly atMs: number } | null = null;

  async function tick(): Promise<void> {
    const leadership = lead.current();
    const named = touched;
    touched = new Set();
    if (leadership === null) return;
    if (isDue(leadership)) {
      // Noted before the look: one that fails is not repeated at every tick, but at its next time.
      lastAll = { fence: leadership.fence, atMs: monotonicMs() };
      await look.atAll(leadership);
    } else if (named.size > 0) {
      await look.atTouched(named, leadership);
    }
  }

  function isDue({ fence }: Leadership): boolean {
    return lastAll === null || lastAll.fence !== fence || monotonicMs() - lastAll.atMs >= intervalMs;
  }

  return {
    ...runEvery('look', Math.min(GATHER_MS, intervalMs), tick, log),
    touch(laneNames) {
      for (const name of laneNames.split(' ')) if (name !== '') touched.add(tenantOfLane(name));
    },
  };
}
