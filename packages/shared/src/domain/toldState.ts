import type { JobState } from '../contracts/jobStates.js';
import { isTerminal } from '../contracts/jobStates.js';

/** A state of a job that somebody was told. */
export interface ToldState {
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
export function isLater(next: ToldState, told: ToldState | null): boolean {
  if (told === null) return true;
  if (isTerminal(told.state)) return false;
  if (isTerminal(next.state)) return true;
  return next.attempt - told.attempt > 0 || (next.attempt === told.attempt && rankOf(next.state) > rankOf(told.state));
}

function rankOf(state: JobState): number {
  return state in RANK ? RANK[state as keyof typeof RANK] : 4;
}
