/**
 * States of a job. `accepted -> queued -> active -> completed`, and beside them `delayed` (not due yet), `retrying`
 * (waiting for its back-off), `dead` (in the dead-letter queue), `cancelled`, `expired`, `shed`.
 */
export const JOB_STATES = [
  'accepted',
  'queued',
  'delayed',
  'active',
  'retrying',
  'completed',
  'dead',
  'cancelled',
  'expired',
  'shed',
] as const;

/** State of a job. */
export type JobState = (typeof JOB_STATES)[number];

/** States that end a job: only an explicit retry leaves them. */
export const TERMINAL_STATES = ['completed', 'dead', 'cancelled', 'expired', 'shed'] as const satisfies JobState[];

/** Whether this state ends a job. */
export function isTerminal(state: JobState): boolean {
  return (TERMINAL_STATES as readonly JobState[]).includes(state);
}

/** States in which a job waits and can be cancelled at once. */
export const WAITING_STATES = ['accepted', 'queued', 'delayed', 'retrying'] as const satisfies JobState[];

/**
 * How an attempt ended. `lost`: its process died or lost its lock; `released`: returned by a worker that stops or
 * cannot run it.
 */
export const ATTEMPT_OUTCOMES = ['completed', 'failed', 'deferred', 'released', 'cancelled', 'lost'] as const;

/** How an attempt ended. */
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];
