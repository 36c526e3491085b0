import { tenantOfLane } from '@sluice/shared/domain/lane';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { LeaderElection, Leadership } from './lead/leaderElection.js';
import type { ScalingPass } from './scalingPass.js';

/** Notices are batched for this long before a pass covers the tenants that they name, in ms. */
const GATHER_MS = 250;

/** Runs scaling passes periodically. */
export interface PassLoop extends PeriodicService {
  /** Handles a notice: names of lanes that jobs were added to, joined by a space. */
  touch(laneNames: string): void;
}

/** Options of the pass loop. */
export interface PassLoopOptions {
  readonly pass: ScalingPass;
  readonly lead: Pick<LeaderElection, 'current'>;
  readonly intervalMs: number;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/**
 * Runs both kinds of pass in one loop, so that no two decide on the same tenant at once. It ticks every 250 ms, which
 * costs nothing while there is nothing to do. A new leader starts with a full pass. Earlier notices are dropped then:
 * the full pass covers them.
 */
export function createPassLoop({ pass, lead, intervalMs, monotonicMs, log }: PassLoopOptions): PassLoop {
  let touched = new Set<string>();
  let lastAll: { readonly fence: number; readonly atMs: number } | null = null;

  async function tick(): Promise<void> {
    const leadership = lead.current();
    const named = touched;
    touched = new Set();
    if (leadership === null) return;
    if (isDue(leadership)) {
      // Noted before the pass: a failed pass is not retried at every tick but at its next interval.
      lastAll = { fence: leadership.fence, atMs: monotonicMs() };
      await pass.overAll(leadership);
    } else if (named.size > 0) {
      await pass.overTouched(named, leadership);
    }
  }

  function isDue({ fence }: Leadership): boolean {
    return lastAll === null || lastAll.fence !== fence || monotonicMs() - lastAll.atMs >= intervalMs;
  }

  return {
    ...runEvery('scaling', Math.min(GATHER_MS, intervalMs), tick, log),
    touch(laneNames) {
      for (const name of laneNames.split(' ')) if (name !== '') touched.add(tenantOfLane(name));
    },
  };
}
