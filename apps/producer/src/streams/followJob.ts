import { isTerminal } from '@sluice/shared/contracts/jobStates';
import { comparePlaces, entryOf, readPlace } from '@sluice/shared/domain/feedPlace';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { waitText } from '@sluice/shared/domain/waitText';
import type { FeedReader } from '@sluice/shared/feed/feedReader';
import type { JobRow } from '@sluice/shared/postgres/queries/readJob';
import type { FedEvent } from '@sluice/shared/redis/commands/feed';
import { laneOf } from '../status/present.js';
import type { EndedJobs } from './endedJobs.js';
import type { SseStream } from './openStreams.js';
import type { PlaceWatch } from './placeWatch.js';
import type { SseMessage } from './sseText.js';

/** What following a job rests on. */
export interface FollowParts {
  readonly feed: FeedReader;
  readonly places: PlaceWatch;
  readonly ended: EndedJobs;
  /** Events of a tenant from an entry of its feed on; null when the feed has forgotten that entry. */
  readonly replay: (tenantId: string, fromEntry: string) => Promise<readonly FedEvent[] | null>;
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
  const stops: (() => void)[] = [];
  const stop = (): void => {
    for (const one of stops.splice(0)) one();
  };
  // What happens while the past is read waits, so that a client gets everything in its order.
  let early: FedEvent[] | null = [];
  let last = lastEventId === null ? null : readPlace(lastEventId);

  function tell(fed: FedEvent): void {
    if (fed.event.kind === 'state')
      parts.places.stirByName(
        laneName({ tenantId: job.tenantId, queueClass: fed.event.queueClass as Lane['queueClass'] }),
      );
    if (fed.event.jobId !== job.id) return;
    if (early !== null) {
      early.push(fed);
      return;
    }
    const place = readPlace(fed.place);
    if (place === null || (last !== null && comparePlaces(place, last) <= 0)) return;
    last = place;
    stream.send(toMessage(fed));
    if (fed.event.kind !== 'state') return;
    if (isTerminal(fed.event.state)) parts.ended.hurry();
  }

  stops.push(await parts.feed.listen(job.tenantId, tell));
  const missed = last === null ? null : await parts.replay(job.tenantId, entryOf(last));
  if (missed === null)
    stream.send({ event: 'state', id: null, data: { state: parts.shownState(job), attempt: job.fence } });
  const waiting = [...(missed ?? []), ...early];
  early = null;
  for (const fed of waiting) tell(fed);

  stops.push(
    parts.ended.follow(job.id, ({ state, result, error }) => {
      stream.send({ event: 'done', id: null, data: { id: job.id, state, result: result ?? null, error } });
      stream.end();
    }),
    followPlace(job, laneOf(job), stream, parts.places),
  );
  if (isTerminal(job.state)) parts.ended.hurry();
  return stop;
}

function followPlace(job: JobRow, lane: Lane, stream: SseStream, places: PlaceWatch): () => void {
  return places.watch(lane, job.queueJobId ?? job.id, ({ position, estimatedWaitMs }) => {
    // A job that does not wait has no place; its state says so.
    if (position === null) return;
    const message = waitText({ state: 'queued', position, estimatedWaitMs });
    stream.send({ event: 'position', id: null, data: { position, estimatedWaitMs, message } });
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
