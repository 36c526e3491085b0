import type { JobState } from '@sluice/shared/contracts/jobStates';
import { isTerminal } from '@sluice/shared/contracts/jobStates';

/** A state of a job that somebody was told. */
export interface ReportedState {
  readonly state: JobState;
  /** The start that it belongs to, from 1; 0 before the first. */
  readonly attempt: number;
}

/** The order of states that belong to one start; what ends a job comes behind all of every start. */
const RANK = { active: 0, accepted: 1, delayed: 2, retrying: 2, queued: 3 } as const;

/**
 * Whether a state comes later in a job's life than what was told, so that it is news. Several processes tell of one job, and
 * the ledger is read beside them, so that what is heard may be older than what is known. Pure.
 */
export function isLater(next: ReportedState, told: ReportedState | null): boolean {
  if (told === null) return true;
  if (isTerminal(told.state)) return false;
  if (isTerminal(next.state)) return true;
  return next.attempt - told.attempt > 0 || (next.attempt === told.attempt && rankOf(next.state) > rankOf(told.state));
}

/**
 * Whether the death that was told is no longer the job's end: a dead job can be sent again, and what comes then is earlier than
 * its death by {@link isLater}. Pure.
 * @param now how the job is by the ledger, which knows of a death before anyone tells it
 */
export function wasRevived(told: ReportedState, now: ReportedState): boolean {
  return told.state === 'dead' && (now.state !== 'dead' || now.attempt > told.attempt);
}

function rankOf(state: JobState): number {
  return state in RANK ? RANK[state as keyof typeof RANK] : 4;
}
