import type { JobState } from '../contracts/jobStates.js';

/**
 * BullMQ's record of a job: none, unfinished, or finished. A `stray` job is unfinished but in no list, so it will never
 * run: its lane was deleted key by key while it was added.
 */
export type HeldInQueue = 'nothing' | 'unfinished' | 'finished' | 'stray';

/**
 * Whether the process of a job's latest attempt is alive. `unknown`: it has no heartbeat, but has not been watched for
 * long enough to be considered dead, for instance after Redis was emptied.
 */
export type Whereabouts = 'alive' | 'gone' | 'unknown';

/** The part of an unfinished ledger row that decides whether its job must be added again. */
export interface RecoverableRow {
  readonly state: JobState;
  /** Time since the row was last written, by the ledger's clock, in ms. */
  readonly untouchedMs: number;
  /** Time limit of its attempt, in ms. */
  readonly timeoutMs: number;
}

/** The action for a row. */
export type RecoveryVerdict =
  | { readonly kind: 'held' }
  | { readonly kind: 'add' }
  /** BullMQ has it as finished or stray, so an add would have no effect. */
  | { readonly kind: 'take-out-and-add' }
  /** No action now. `fresh`: its process may be between ledger and BullMQ. `runs`: its process settles it. */
  | { readonly kind: 'leave'; readonly because: 'fresh' | 'runs' | 'unknown-worker' };

/** A row written more recently than this is skipped, in ms: its writer is on the way from the ledger to BullMQ. */
export const FRESH_MS = 2_000;

/** How long after its time limit an attempt may remain unsettled before its process is considered dead, in ms. */
export const OVERDUE_MS = 60_000;

/**
 * Whether a job must be added to Redis again. Pure. A verdict may be applied twice, or by two processes concurrently:
 * ids make adds idempotent, and the fence of a claim keeps two attempts apart.
 * @param ranBy state of the latest attempt's process; meaningful for an active row
 */
export function decideRecovery(row: RecoverableRow, held: HeldInQueue, ranBy: Whereabouts): RecoveryVerdict {
  if (held === 'unfinished') return { kind: 'held' };
  if (row.untouchedMs < FRESH_MS) return { kind: 'leave', because: 'fresh' };
  // A long overdue attempt lost its process unnoticed: another one with the same name may have replaced it.
  if (row.state === 'active' && ranBy !== 'gone' && row.untouchedMs < row.timeoutMs + OVERDUE_MS) {
    return { kind: 'leave', because: ranBy === 'alive' ? 'runs' : 'unknown-worker' };
  }
  return { kind: held === 'nothing' ? 'add' : 'take-out-and-add' };
}
