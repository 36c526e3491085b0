import type { JobState } from '../contracts/jobStates.js';

/** A job's position and wait, as far as known. */
export interface KnownWait {
  readonly state: JobState;
  /** 1 is next; null when the job does not wait in its lane, or its position is unknown. */
  readonly position: number | null;
  /** In ms; null when unknown. */
  readonly estimatedWaitMs: number | null;
}

/** Up to here a wait is shown in seconds, above in minutes; in ms. */
const IN_SECONDS_MS = 120_000;

/** Up to here a wait is shown in minutes, above in hours; in ms. */
const IN_MINUTES_MS = 120 * 60_000;

/**
 * A wait for people, such as "Position 3 in queue, ~90s wait". Rounded up, so that it never promises too early a start.
 * Pure.
 */
export function waitText({ state, position, estimatedWaitMs }: KnownWait): string {
  const wait = estimatedWaitMs === null ? '' : `, ~${durationText(estimatedWaitMs)} wait`;
  switch (state) {
    case 'accepted':
    case 'queued':
    case 'delayed':
    case 'retrying':
      return position === null ? `Accepted, not yet in the queue${wait}` : `Position ${position} in queue${wait}`;
    case 'active':
      return 'Running';
    default:
      return `Over: ${state}`;
  }
}

/** A duration for people: `90s` below two minutes, `5min` below two hours, else `3h`; rounded up, never 0. */
export function durationText(durationMs: number): string {
  if (durationMs < IN_SECONDS_MS) return `${Math.max(1, Math.ceil(durationMs / 1_000))}s`;
  if (durationMs < IN_MINUTES_MS) return `${Math.ceil(durationMs / 60_000)}min`;
  return `${Math.ceil(durationMs / 3_600_000)}h`;
}
