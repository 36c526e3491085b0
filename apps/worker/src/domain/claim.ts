import type { JobState } from '@sluice/shared/contracts/jobStates';
import { isTerminal } from '@sluice/shared/contracts/jobStates';
import type { Isolation } from '@sluice/tasks';

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
  | { readonly kind: 'run'; readonly isolation: Isolation }
  /** It came too early, by a clock that is off, and was not started. */
  | { readonly kind: 'put-back'; readonly delayMs: number }
  /** The ledger has its outcome already: tell BullMQ the same and run nothing. */
  | { readonly kind: 'finish-again'; readonly state: JobState }
  | { readonly kind: 'bury-poison' }
  | { readonly kind: 'cancel' };

/** A job that took its process down this often is not started again. */
export const MAX_CRASHES = 3;

/**
 * What a worker does with a job that it was handed. A job that was lost once is a suspect and runs in a process of its own:
 * the innocent that ran beside a poisonous one end well, and the guilty one takes down only itself.
 * @param row the ledger's row after the claim: `active` when the claim took, its terminal state when it is over
 * @param wanted what its task asks for
 */
export function decideClaim(row: ClaimedRow, wanted: Isolation): ClaimVerdict {
  if (isTerminal(row.state)) return { kind: 'finish-again', state: row.state };
  if (row.earlyMs !== undefined && row.earlyMs > 0) return { kind: 'put-back', delayMs: row.earlyMs };
  if (row.cancelRequested) return { kind: 'cancel' };
  if (row.crashes >= MAX_CRASHES) return { kind: 'bury-poison' };
  return { kind: 'run', isolation: row.crashes > 0 ? 'process' : wanted };
}

/** What becomes of a job whose own process died under it. */
export type LossVerdict = { readonly kind: 'lost'; readonly delayMs: number } | { readonly kind: 'poison' };

/** Wait after the first loss, in ms; four times as long after each further one. */
const FIRST_LOSS_DELAY_MS = 1_000;

/**
 * What becomes of a job whose own process died under it. It waits ever longer, so that a job that crashes at once does not
 * start processes without pause.
 * @param crashesBefore those that were counted before this one
 */
export function decideAfterLoss(crashesBefore: number): LossVerdict {
  if (crashesBefore + 1 >= MAX_CRASHES) return { kind: 'poison' };
  return { kind: 'lost', delayMs: FIRST_LOSS_DELAY_MS * 4 ** crashesBefore };
}
