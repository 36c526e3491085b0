import type { JobState } from '@sluice/shared/contracts/jobStates';
import { isTerminal } from '@sluice/shared/contracts/jobStates';
import type { Isolation } from '@sluice/tasks';

/** The ledger's state of a job that BullMQ just delivered to a worker. */
export interface ClaimedRow {
  readonly state: JobState;
  /** Attempts that ended without a report: the process died or lost its lock. */
  readonly crashes: number;
  /** Whether cancellation was requested during an earlier attempt. */
  readonly cancelRequested: boolean;
  /** Time until it is due, in ms; 0 or omitted when it is due. */
  readonly earlyMs?: number;
}

/** What a worker does with a delivered job. */
export type ClaimVerdict =
  | { readonly kind: 'run'; readonly isolation: Isolation }
  /** It arrived early because of a skewed clock, and was not started. */
  | { readonly kind: 'put-back'; readonly delayMs: number }
  /** The ledger already has its outcome: report the same to BullMQ and run nothing. */
  | { readonly kind: 'finish-again'; readonly state: JobState }
  | { readonly kind: 'bury-poison' }
  | { readonly kind: 'cancel' };

/** A job that has crashed its process this often is not started again. */
export const MAX_CRASHES = 3;

/**
 * Decides what a worker does with a delivered job. A job that was lost once is a suspect and runs in a process of its
 * own: innocent jobs that ran beside a poison job succeed, and the poison job takes down only its own process.
 * @param row the ledger's row after the claim: `active` when the claim succeeded, its terminal state when the job is
 * finished
 * @param wanted the isolation that its task requests
 */
export function decideClaim(row: ClaimedRow, wanted: Isolation): ClaimVerdict {
  if (isTerminal(row.state)) return { kind: 'finish-again', state: row.state };
  if (row.earlyMs !== undefined && row.earlyMs > 0) return { kind: 'put-back', delayMs: row.earlyMs };
  if (row.cancelRequested) return { kind: 'cancel' };
  if (row.crashes >= MAX_CRASHES) return { kind: 'bury-poison' };
  return { kind: 'run', isolation: row.crashes > 0 ? 'process' : wanted };
}

/** What becomes of a job whose own process died while running it. */
export type LossVerdict = { readonly kind: 'lost'; readonly delayMs: number } | { readonly kind: 'poison' };

/** Delay after the first loss, in ms; quadruples after each further one. */
const FIRST_LOSS_DELAY_MS = 1_000;

/**
 * Decides what becomes of a job whose own process died while running it. The delay grows, so that a job that crashes at
 * once does not start processes in a tight loop.
 * @param crashesBefore crashes counted before this one
 */
export function decideAfterLoss(crashesBefore: number): LossVerdict {
  if (crashesBefore + 1 >= MAX_CRASHES) return { kind: 'poison' };
  return { kind: 'lost', delayMs: FIRST_LOSS_DELAY_MS * 4 ** crashesBefore };
}
