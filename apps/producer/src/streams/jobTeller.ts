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

/** Sends one job's missed events, current state and new events to one client, in one order. */
export interface JobTeller {
  /** Receives an event; it is buffered until the replay ends. */
  hear(fed: FedEvent): void;
  /**
   * Sends the current state to a client without a usable position.
   * @param behind received events come after this entry
   */
  begin(behind: string | null, state: ReportedState): void;
  /** Sends the missed events, then all events buffered meanwhile. */
  readonly goOn: Backlog['goOn'];
  /** Reports the state in the ledger; sent only when it is later than what was sent. */
  tellState(state: ReportedState): void;
  tellEnd(job: PresentJob): void;
}

/**
 * Every event id encodes the client's position in the feed and the last state sent, so that a client that reconnects
 * receives nothing twice.
 * @param from the client's last position, if any
 * @param over called when an event reports that the job ended
 */
export function createJobTeller(from: StreamId | null, stream: SseStream, over: () => void): JobTeller {
  let place: FeedPlace = from?.place ?? behindEntry('0-0');
  let reported: ReportedState | null = from?.reported ?? null;

  const idNow = (): string => writeStreamId({ place, reported, done: false });

  function send(fed: FedEvent): boolean {
    const next = readPlace(fed.place);
    if (next === null || comparePlaces(next, place) <= 0) return true;
    const { event } = fed;
    if (event.kind === 'state') {
      if (!isLater(event, reported)) return true;
      reported = { state: event.state, attempt: event.attempt };
      if (isTerminal(event.state)) over();
    }
    place = next;
    return stream.send({ ...toMessage(fed), id: idNow() });
  }

  function sendState(state: ReportedState): void {
    reported = { state: state.state, attempt: state.attempt };
    stream.send({ event: 'state', id: idNow(), data: reported });
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
      if (backlog.isKnown() && isLater(state, reported)) sendState(state);
    },
    tellEnd({ id, state, attempt, result, error }) {
      if (isLater({ state, attempt }, reported)) sendState({ state, attempt });
      const doneId = writeStreamId({ place, reported: { state, attempt }, done: true });
      stream.send({ event: 'done', id: doneId, data: { id, state, result: result ?? null, error } });
      stream.end();
    },
  };
}

/** An event as it is sent to a client. */
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
