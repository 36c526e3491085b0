import type { FeedPlace } from '@sluice/fleet/domain/feedPlace';
import { behindEntry, comparePlaces, readPlace } from '@sluice/fleet/domain/feedPlace';
import type { ReportedState } from '@sluice/fleet/domain/reportedState';
import { isLater } from '@sluice/fleet/domain/reportedState';
import type { StreamId } from '@sluice/fleet/domain/streamId';
import { writeStreamId } from '@sluice/fleet/domain/streamId';
import type { PresentJob } from '@sluice/fleet/postgres/queries/findPresent';
import type { FedEvent } from '@sluice/fleet/redis/commands/feed';
import { isTerminal } from '@sluice/shared/contracts/jobStates';
import type { Backlog } from './backlog.js';
import { createBacklog } from './backlog.js';
import type { SseStream } from './openStreams.js';
import type { SseMessage } from './sseText.js';

/** Tells one client of one job, in one order: what it missed, how things are, and what happens. */
export interface JobTeller {
  /** Something happened; it waits until the past is told. */
  hear(fed: FedEvent): void;
  /** How the job is, for a client that knows nothing or too little. @param behind what is heard comes behind this entry */
  begin(behind: string | null, state: ReportedState): void;
  /** Tells what was missed, and then all that was heard meanwhile. */
  readonly goOn: Backlog['goOn'];
  /** How the job is by the ledger: news only when nobody has told it. */
  tellState(state: ReportedState): void;
  tellEnd(job: PresentJob): void;
}

/**
 * Every id says where in the feed the client is and which state it was told, so that one that comes back is told nothing twice.
 * @param from where the client was before, if anywhere
 * @param over called when the job is said to be over
 */
export function createJobTeller(from: StreamId | null, stream: SseStream, over: () => void): JobTeller {
  let place: FeedPlace = from?.place ?? behindEntry('0-0');
  let told: ReportedState | null = from?.told ?? null;

  const idNow = (): string => writeStreamId({ place, told, done: false });

  function send(fed: FedEvent): boolean {
    const next = readPlace(fed.place);
    if (next === null || comparePlaces(next, place) <= 0) return true;
    const { event } = fed;
    if (event.kind === 'state') {
      if (!isLater(event, told)) return true;
      told = { state: event.state, attempt: event.attempt };
      if (isTerminal(event.state)) over();
    }
    place = next;
    return stream.send({ ...toMessage(fed), id: idNow() });
  }

  function sendState(state: ReportedState): void {
    told = { state: state.state, attempt: state.attempt };
    stream.send({ event: 'state', id: idNow(), data: told });
  }

  const backlog = createBacklog(stream, send);
  return {
    hear: backlog.hear,
    begin(behind, state) {
      place = behindEntry(behind ?? '0-0');
      sendState(state);
    },
    goOn: backlog.goOn,
    tellState(state) {
      if (backlog.isKnown() && isLater(state, told)) sendState(state);
    },
    tellEnd({ id, state, attempt, result, error }) {
      if (isLater({ state, attempt }, told)) sendState({ state, attempt });
      const doneId = writeStreamId({ place, told: { state, attempt }, done: true });
      stream.send({ event: 'done', id: doneId, data: { id, state, result: result ?? null, error } });
      stream.end();
    },
  };
}

/** An event as it is told to a client. */
export function toMessage({ place, event }: FedEvent): SseMessage {
  switch (event.kind) {
    case 'state': {
      const { state, attempt, error } = event;
      return { event: 'state', id: place, data: { state, attempt, ...(error === undefined ? {} : { error }) } };
    }
    case 'progress': {
      const { value, tooLong } = event;
      return { event: 'progress', id: place, data: { progress: value, ...(tooLong === true ? { tooLong } : {}) } };
    }
    case 'log':
      return { event: 'log', id: place, data: { line: event.line } };
    case 'missed':
      return { event: 'missed', id: place, data: {} };
  }
}
