import type { JobState } from '@sluice/shared/contracts/jobStates';
import { isTerminal } from '@sluice/shared/contracts/jobStates';

/** A reported state of a job. */
export interface ReportedState {
  readonly state: JobState;
  /** The attempt that it belongs to, from 1; 0 before the first. */
  readonly attempt: number;
}

/** Order of the states of one attempt; a terminal state comes after all states of every attempt. */
const RANK = { active: 0, accepted: 1, delayed: 2, retrying: 2, queued: 3 } as const;

/**
 * Whether a state comes later in a job's life than the reported one, and so is news. Several processes report on one
 * job, and the ledger is read as well, so a received state may be older than the known one. Pure.
 */
export function isLater(next: ReportedState, reported: ReportedState | null): boolean {
  if (reported === null) return true;
  if (isTerminal(reported.state)) return false;
  if (isTerminal(next.state)) return true;
  return (
    next.attempt - reported.attempt > 0 ||
    (next.attempt === reported.attempt && rankOf(next.state) > rankOf(reported.state))
  );
}

/**
 * Whether the reported death is no longer the job's end: a dead job can be redriven, and its next states are earlier
 * than its death by {@link isLater}. Pure.
 * @param now the job's current state in the ledger, which records a death before anyone reports it
 */
export function wasRevived(reported: ReportedState, now: ReportedState): boolean {
  return reported.state === 'dead' && (now.state !== 'dead' || now.attempt > reported.attempt);
}

function rankOf(state: JobState): number {
  return state in RANK ? RANK[state as keyof typeof RANK] : 4;
}
