import type { JobState } from '@sluice/shared/contracts/jobStates';
import { JOB_STATES } from '@sluice/shared/contracts/jobStates';
import type { FeedPlace } from './feedPlace.js';
import { readPlace, writePlace } from './feedPlace.js';
import type { ReportedState } from './reportedState.js';

/**
 * Position of the reader of a job's stream: a place in the feed, the last reported state, and whether that was the end.
 */
export interface StreamId {
  readonly place: FeedPlace;
  readonly reported: ReportedState | null;
  /** The event `done` was sent. */
  readonly done: boolean;
}

const FORM = /^([^~]{1,40})(?:~([a-z]{1,12})\.(\d{1,9})(\.done)?)?$/;

/** Parses an event's id, such as `1795256992691-0.3` or `1795256992691-0.3~active.1`; null for any other text. */
export function readStreamId(text: string): StreamId | null {
  const [, placeText, state, attempt, done] = FORM.exec(text) ?? [];
  const place = placeText === undefined ? null : readPlace(placeText);
  if (place === null) return null;
  if (state === undefined || attempt === undefined) return { place, reported: null, done: false };
  if (!isJobState(state)) return null;
  return { place, reported: { state, attempt: Number(attempt) }, done: done !== undefined };
}

/** Formats an id for {@link readStreamId}. */
export function writeStreamId({ place, reported, done }: StreamId): string {
  const state = reported === null ? '' : `~${reported.state}.${reported.attempt}${done ? '.done' : ''}`;
  return writePlace(place) + state;
}

function isJobState(text: string): text is JobState {
  return (JOB_STATES as readonly string[]).includes(text);
}
