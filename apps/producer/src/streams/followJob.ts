import { isTerminal } from '@sluice/shared/contracts/jobStates';
import type { QueueClass } from '@sluice/shared/contracts/queueClass';
import type { FeedPlace } from '@sluice/shared/domain/feedPlace';
import { comparePlaces, entryOf, readPlace } from '@sluice/shared/domain/feedPlace';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { waitText } from '@sluice/shared/domain/waitText';
import type { FeedReader } from '@sluice/shared/feed/feedReader';
import type { EndedJobs } from '@sluice/shared/outlook/endedJobs';
import type { PlaceWatch } from '@sluice/shared/outlook/placeWatch';
import type { JobRow } from '@sluice/shared/postgres/queries/readJob';
import type { FedEvent } from '@sluice/shared/redis/commands/feed';
import { laneOf } from '../status/present.js';
import type { SseStream } from './openStreams.js';
import type { SseMessage } from './sseText.js';

/** Behind the last event of an entry. */
const WHOLE_ENTRY = 999_999;

/** What following a job rests on. */
export interface FollowParts {
  readonly feed: FeedReader;
  readonly places: PlaceWatch;
  readonly ended: EndedJobs;
  /** Events of a tenant from an entry of its feed on; null when the feed has forgotten that entry. */
  readonly replay: (tenantId: string, fromEntry: string) => Promise<readonly FedEvent[] | null>;
  /** The job as it is now; null when the ledger cannot be asked. */
  readonly reread: (job: JobRow) => Promise<JobRow | null>;
  /** The state that is told of a job. */
  readonly shownState: (job: JobRow) => string;
}

/**
 * Tells one client of one job until it is over: first what it missed or how things are, then what happens.
 * @param lastEventId where the client was before, if anywhere
 * @returns how to stop telling it
 */
export async function followJob(
  job: JobRow,
  lastEventId: string | null,
  stream: SseStream,
  parts: FollowParts,
): Promise<() => void> {
  const teller = createTeller(job, lastEventId === null ? null : readPlace(lastEventId), stream, parts);
  const listening = await parts.feed.listen(job.tenantId, teller.tell);
  const missed = await teller.replay();
  // Read only now: whatever happens from here on is heard.
  if (missed === null) teller.begin((await parts.reread(job)) ?? job, listening.behind);
  teller.goOn(missed ?? []);
  const unfollow = parts.ended.follow(job.id, ({ state, result, error }) => {
    stream.send({ event: 'done', id: null, data: { id: job.id, state, result: result ?? null, error } });
    stream.end();
  });
  const unwatch = followPlace(job, laneOf(job), stream, parts.places);
  // It may have ended before anyone followed it.
  parts.ended.hurry();
  return () => {
    listening.stop();
    unfollow();
    unwatch();
  };
}

/** Puts the past and the present of a job into one order. */
function createTeller(
  job: JobRow,
  from: FeedPlace | null,
  stream: SseStream,
  { places, replay, shownState, ended }: FollowParts,
) {
  let last = from;
  let begun: { readonly state: string; readonly attempt: number } | null = null;
  // What happens while the past is read waits.
  let early: FedEvent[] | null = [];

  function send(fed: FedEvent): void {
    const place = readPlace(fed.place);
    if (place === null || (last !== null && comparePlaces(place, last) <= 0)) return;
    last = place;
    const { event } = fed;
    if (event.kind === 'state') {
      // The present state was told already, and has just been heard of as well.
      if (begun !== null && begun.state === event.state && begun.attempt === event.attempt) return;
      if (isTerminal(event.state)) ended.hurry();
    }
    stream.send(toMessage(fed));
  }

  return {
    tell(fed: FedEvent): void {
      const { event } = fed;
      if (event.kind === 'state') places.stirByName(laneName({ ...event, queueClass: event.queueClass as QueueClass }));
      if (event.jobId !== job.id) return;
      if (early === null) send(fed);
      else early.push(fed);
    },
    /** What the client missed, or null when nobody knows. */
    replay: async () => (last === null ? null : replay(job.tenantId, entryOf(last))),
    begin(now: JobRow, behind: string): void {
      begun = { state: shownState(now), attempt: now.fence };
      stream.send({ event: 'state', id: `${behind}.${WHOLE_ENTRY}`, data: begun });
    },
    goOn(missed: readonly FedEvent[]): void {
      const waiting = [...missed.filter(({ event }) => event.jobId === job.id), ...(early ?? [])];
      early = null;
      for (const fed of waiting) send(fed);
    },
  };
}

function followPlace(job: JobRow, lane: Lane, stream: SseStream, places: PlaceWatch): () => void {
  return places.watch(lane, job.queueJobId ?? job.id, ({ position, estimatedWaitMs, estimatedWaitP90Ms }) => {
    // A job that does not wait has no place; its state says so.
    if (position === null) return;
    const message = waitText({ state: 'queued', position, estimatedWaitMs });
    stream.send({ event: 'position', id: null, data: { position, estimatedWaitMs, estimatedWaitP90Ms, message } });
  });
}

/** An event as it is told to a client. */
export function toMessage({ place, event }: FedEvent): SseMessage {
  switch (event.kind) {
    case 'state': {
      const { state, attempt, error } = event;
      return { event: 'state', id: place, data: { state, attempt, ...(error === undefined ? {} : { error }) } };
    }
    case 'progress':
      return { event: 'progress', id: place, data: { progress: event.value } };
    case 'log':
      return { event: 'log', id: place, data: { line: event.line } };
  }
}
