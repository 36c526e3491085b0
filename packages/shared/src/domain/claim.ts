import type { JobState } from '../contracts/jobStates.js';
import { isTerminal } from '../contracts/jobStates.js';

/** What the ledger says of a job that BullMQ just handed to a worker. */
export interface ClaimedRow {
  readonly state: JobState;
  /** Starts that ended without a word: the process died or lost its lock. */
  readonly crashes: number;
  /** Whether a cancellation came while an earlier attempt ran. */
  readonly cancelRequested: boolean;
  /** Until it is due, in ms; 0 or left out when it is. */
  readonly earlyMs?: number;
}

/** What a worker does with a job that it was handed. */
export type ClaimVerdict =
  | { readonly kind: 'run' }
  /** It came too early, by a clock that is off, and was not started. */
  | { readonly kind: 'put-back'; readonly delayMs: number }
  /** The ledger has its outcome already: tell BullMQ the same and run nothing. */
  | { readonly kind: 'finish-again'; readonly state: JobState }
  | { readonly kind: 'bury-poison' }
  | { readonly kind: 'cancel' };

/** A job that took its process down this often is not started again. */
export const MAX_CRASHES = 3;

/**
 * What a worker does with a job that it was handed.
 * @param row the ledger's row after the claim: `active` when the claim took, its terminal state when it is over
 */
export function decideClaim(row: ClaimedRow): ClaimVerdict {
  if (isTerminal(row.state)) return { kind: 'finish-again', state: row.state };
  if (row.earlyMs !== undefined && row.earlyMs > 0) return { kind: 'put-back', delayMs: row.earlyMs };
  if (row.cancelRequested) return { kind: 'cancel' };
  if (row.crashes >= MAX_CRASHES) return { kind: 'bury-poison' };
  return { kind: 'run' };
}
