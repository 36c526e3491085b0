import { findUnqueued } from '@sluice/fleet/postgres/queries/findUnqueued';
import { FRESH_MS } from '@sluice/shared/domain/recovery';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Leadership } from '../lead/leaderElection.js';
import type { RecoverDeps } from './recoverRows.js';
import { recoverRows } from './recoverRows.js';

/** Jobs compared per batch. */
const JOBS_PER_GO = 1_000;

/** Batches per call, so that a large backlog does not keep the loop from stopping. */
const MAX_GOES = 20;

/** Dependencies of requeueing. */
export interface RequeueDeps extends RecoverDeps {
  readonly metrics: Pick<Metrics, 'jobsRequeued'>;
  readonly log: Log;
}

/**
 * Adds jobs that were accepted but never reached Redis, and marks those that did. Their ids make a duplicate add
 * harmless: after a crash between the add and the mark, or while the accepting producer is merely slow.
 * @returns how many were added
 */
export async function requeueJobs(leadership: Leadership, deps: RequeueDeps): Promise<number> {
  let added = 0;
  for (let go = 0; go < MAX_GOES && leadership.holds(); go++) {
    const found = await findUnqueued(deps.db, FRESH_MS, JOBS_PER_GO);
    if (found.length === 0 || !leadership.holds()) break;
    const recovered = await recoverRows(found, leadership, deps);
    added += recovered.added.length;
    deps.metrics.jobsRequeued.inc({ reason: 'unqueued' }, recovered.added.length);
    if (found.length < JOBS_PER_GO) break;
  }
  if (added > 0)
    deps.log.info(
      { component: 'recovery', event: 'accepted_jobs_added', jobs: added },
      'added accepted jobs that were missing from Redis',
    );
  return added;
}
