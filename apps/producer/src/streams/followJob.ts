import { entryOf } from '@sluice/fleet/domain/feedPlace';
import type { ReportedState } from '@sluice/fleet/domain/reportedState';
import { wasRevived } from '@sluice/fleet/domain/reportedState';
import type { StreamId } from '@sluice/fleet/domain/streamId';
import type { FeedReader } from '@sluice/fleet/feed/feedReader';
import type { PresentJob } from '@sluice/fleet/postgres/queries/findPresent';
import type { JobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { ReplayedPage, ReplayFrom } from '@sluice/fleet/redis/commands/feed';
import type { PlaceWatch } from '@sluice/fleet/wait/placeWatch';
import type { PresentJobs } from '@sluice/fleet/wait/presentJobs';
import type { EstimateReader } from '@sluice/fleet/wait/waitEstimates';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Lane } from '@sluice/shared/domain/lane';
import { waitText } from '@sluice/shared/domain/waitText';
import { laneOf, toWaitingJob } from '../status/present.js';
import { shownState } from '../wait/shownState.js';
import { NOTHING_MISSED } from './backlog.js';
import { createJobTeller } from './jobTeller.js';
import type { SseStream } from './openStreams.js';

/** Dependencies of following a job. */
export interface FollowDeps {
  readonly feed: FeedReader;
  readonly places: PlaceWatch;
  readonly present: PresentJobs;
  /**
   * Events of a job or a tenant from an entry of its feed on, or after it; null when they are not available. Never
   * rejects.
   */
  readonly replay: (
    subject: { readonly tenantId: string; readonly jobId: string | null },
    from: Pick<ReplayFrom, 'entry' | 'isKnown'>,
  ) => Promise<ReplayedPage | null>;
  /** The current job; null when the ledger is unavailable. Never rejects. */
  readonly reread: (job: JobRow) => Promise<JobRow | null>;
  readonly estimates: Pick<EstimateReader, 'read'>;
  readonly now: () => number;
}

/** A job to follow, and the client's last position. */
export interface Followed {
  readonly job: JobRow;
  readonly from: StreamId | null;
}

/**
 * Streams one job to one client until the job ends: first the missed events or the current state, then new events.
 * Without Redis it reports the state in the ledger.
 * @returns a function that stops it
 */
export async function followJob(
  { job, from: last }: Followed,
  stream: SseStream,
  deps: FollowDeps,
): Promise<() => void> {
  const subject = { tenantId: job.tenantId, jobId: job.id };
  const from = isOfEarlierLife(job, last) ? null : last;
  const teller = createJobTeller(from, stream, () => deps.present.hurry(job.id));
  const listening = await deps.feed.listen(subject, teller.hear);
  const missed = from === null ? null : await deps.replay(subject, { entry: entryOf(from.place), isKnown: false });
  if (missed === null) {
    // Read after subscribing, so that no event in between is lost.
    const now = (await deps.reread(job)) ?? job;
    teller.begin(listening.behind, { state: await presentState(now, deps), attempt: now.fence });
  }
  await teller.goOn(missed ?? NOTHING_MISSED, (entry) => deps.replay(subject, { entry, isKnown: true }));
  const unfollow = deps.present.follow(job.id, (present) => {
    if (present === null) stream.end();
    else if (present.isOver) teller.tellEnd(present);
    else teller.tellState(toReportedState(present, deps.now()));
  });
  const unwatch = followPlace(job, laneOf(job), stream, deps.places);
  // The job may have ended before it was followed.
  deps.present.hurry(job.id);
  return () => {
    listening.stop();
    unfollow();
    unwatch();
  };
}

/**
 * Whether the job was redriven after the client received its death. The client then starts over: the feed may still
 * hold that death after the client's last event.
 */
export function isOfEarlierLife(job: JobRow, from: StreamId | null): boolean {
  return from !== null && from.reported !== null && wasRevived(from.reported, { state: job.state, attempt: job.fence });
}

/** The ledger records with a delay that a job is queued, so for an `accepted` job this asks the lane. */
async function presentState(job: JobRow, { estimates, now }: FollowDeps): Promise<JobState> {
  if (job.state !== 'accepted') return shownState(job, now());
  return (await estimates.read(laneOf(job), toWaitingJob(job, now()))).state;
}

function toReportedState(present: PresentJob, nowMs: number): ReportedState {
  return { state: shownState(present, nowMs), attempt: present.attempt };
}

function followPlace(job: JobRow, lane: Lane, stream: SseStream, places: PlaceWatch): () => void {
  return places.watch(lane, job.queueJobId ?? job.id, ({ position, estimatedWaitMs, estimatedWaitP90Ms }) => {
    // A job that is not waiting has no position; its state says so.
    if (position === null) return;
    const message = waitText({ state: 'queued', position, estimatedWaitMs });
    stream.send({ event: 'position', id: null, data: { position, estimatedWaitMs, estimatedWaitP90Ms, message } });
  });
}
