import type { UnfinishedRow } from '@sluice/fleet/postgres/queries/unfinishedRows';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Leadership } from '../lead/leaderElection.js';
import type { RecoverDeps } from './recoverRows.js';
import { recoverRows } from './recoverRows.js';
import { unfinishedPages } from './unfinishedPages.js';

/** Rows compared per step; at one step per second, also rows per second. */
const ROWS_PER_STEP = 1_000;

/** Minimum duration of a round through all unfinished jobs, in ms, so that a small fleet is not queried constantly. */
const ROUND_MS = 10_000;

/** Dependencies of the slow sweep. */
export interface SlowSweepDeps extends RecoverDeps {
  readonly metrics: Pick<Metrics, 'jobsRequeued' | 'rowsSwept'>;
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/**
 * Sweeps all unfinished jobs continuously, one page per call: a failover can lose the last second of writes and keep
 * all epochs. The position is kept in memory: a new leader starts over.
 */
export function createSlowSweep(deps: SlowSweepDeps): (leadership: Leadership) => Promise<void> {
  const { db, metrics, monotonicMs, log } = deps;
  let pages: AsyncGenerator<readonly UnfinishedRow[]> | null = null;
  let roundMs = Number.NEGATIVE_INFINITY;

  async function nextPage(): Promise<readonly UnfinishedRow[]> {
    if (pages === null) {
      if (monotonicMs() - roundMs < ROUND_MS) return [];
      roundMs = monotonicMs();
      pages = unfinishedPages(db, { rowsPerPage: ROWS_PER_STEP });
    }
    const page = await pages.next();
    if (page.done !== true) return page.value;
    pages = null;
    return [];
  }

  return async (leadership) => {
    try {
      const page = await nextPage();
      if (page.length === 0 || !leadership.holds()) return;
      const { rows, added } = await recoverRows(page, leadership, deps);
      metrics.rowsSwept.inc(rows);
      metrics.jobsRequeued.inc({ reason: 'sweep' }, added.length);
      if (added.length > 0)
        log.warn(
          { component: 'recovery', event: 'lost_jobs_added', jobs: added.length },
          'added jobs that Redis had lost',
        );
    } catch (error) {
      pages = null;
      throw error;
    }
  };
}
