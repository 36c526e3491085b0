import type { Log } from '@sluice/shared/lifecycle/service';
import type { Database } from '@sluice/shared/postgres/connect';
import { findUnqueued } from '@sluice/shared/postgres/queries/findUnqueued';
import { markQueued } from '@sluice/shared/postgres/queries/markQueued';
import type { EnqueueableJob } from '@sluice/shared/postgres/queries/redriveJob';
import { toLanedJob } from '@sluice/shared/queue/jobOptions';
import type { LaneQueues } from '@sluice/shared/queue/laneQueues';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Leadership } from '../lead/keepLead.js';

/** How long an accepted job may be on its way into Redis before it is taken for lost, in ms. */
const LOST_AFTER_MS = 2_000;

/** Jobs that are added in one go. */
const JOBS_PER_GO = 1_000;

/** Goes per call, so that a large backlog does not keep the loop from stopping. */
const MAX_GOES = 20;

/** What adding again needs. */
export interface RequeueParts {
  readonly db: Database;
  readonly queues: Pick<LaneQueues, 'add' | 'remove' | 'unbury'>;
  readonly metrics: Pick<Metrics, 'jobsRequeued'>;
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Adds jobs that were accepted but never came into Redis. Their ids make it harmless to add one twice: after a crash
 * between the add and the mark, or while the one who accepted it is merely slow.
 * @returns how many were added
 */
export async function requeueJobs(leadership: Leadership, parts: RequeueParts): Promise<number> {
  let added = 0;
  for (let go = 0; go < MAX_GOES && leadership.holds(); go++) {
    const found = await findUnqueued(parts.db, LOST_AFTER_MS, JOBS_PER_GO);
    if (found.length === 0 || !leadership.holds()) break;
    await takeBackTraces(found, parts.queues);
    await parts.queues.add(found.map((row) => toLanedJob(row, parts.now())));
    await markQueued(
      parts.db,
      found.map(({ id }) => id),
    );
    added += found.length;
    parts.metrics.jobsRequeued.inc(found.length);
    if (found.length < JOBS_PER_GO) break;
  }
  if (added > 0) parts.log.info({ jobs: added }, 'accepted jobs that Redis did not hold were added');
  return added;
}

/** A dead job that was sent again while Redis was away left a note, and a plain client's job its failed self. */
async function takeBackTraces(
  jobs: readonly EnqueueableJob[],
  queues: Pick<LaneQueues, 'remove' | 'unbury'>,
): Promise<void> {
  const started = jobs.filter((job) => job.started);
  await Promise.all(
    started.flatMap((row) => {
      const { lane, job } = toLanedJob(row, 0);
      return [queues.unbury(row.tenantId, row.id), queues.remove(lane, job.id)];
    }),
  );
}
