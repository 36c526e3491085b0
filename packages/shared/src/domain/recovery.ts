import type { JobState } from '../contracts/jobStates.js';

/**
 * What BullMQ holds of a job: nothing, a job that is not over there, or one that is. A `stray` one is not over and stands in no
 * list, so that nothing will ever run it: its lane was deleted key by key while it was added.
 */
export type HeldInQueue = 'nothing' | 'unfinished' | 'finished' | 'stray';

/**
 * Whether the process that ran a job's latest attempt lives. `unknown`: it does not say that it lives, and was not watched
 * for long enough to be taken for dead, as when Redis has just been emptied.
 */
export type Whereabouts = 'alive' | 'gone' | 'unknown';

/** An unfinished row of the ledger, as far as it decides whether its job must be added again. */
export interface RecoverableRow {
  readonly state: JobState;
  /** Since the row was last written, by the ledger's clock, in ms. */
  readonly untouchedMs: number;
  /** Longest its attempt may take, in ms. */
  readonly timeoutMs: number;
}

/** What is done about a row. */
export type RecoveryVerdict =
  | { readonly kind: 'held' }
  | { readonly kind: 'add' }
  /** BullMQ holds it as over, or astray, so that an add would change nothing. */
  | { readonly kind: 'take-out-and-add' }
  /** Nothing now. `fresh`: its process may be between ledger and BullMQ. `runs`: its process settles it. */
  | { readonly kind: 'leave'; readonly because: 'fresh' | 'runs' | 'unknown-worker' };

/** A row that was written so recently is left, in ms: whoever wrote it is on the way from the ledger to BullMQ. */
export const FRESH_MS = 2_000;

/** Beyond its time limit an attempt has this long to be settled before its process is no longer believed to do it, in ms. */
export const OVERDUE_MS = 60_000;

/**
 * Whether Redis must be given a job again. Pure. A verdict may be acted upon twice, or by two at once: ids make an add
 * harmless, and the fence of a claim keeps two attempts apart.
 * @param ranBy where the process of the latest attempt is; of meaning for an active row
 */
export function decideRecovery(row: RecoverableRow, held: HeldInQueue, ranBy: Whereabouts): RecoveryVerdict {
  if (held === 'unfinished') return { kind: 'held' };
  if (row.untouchedMs < FRESH_MS) return { kind: 'leave', because: 'fresh' };
  // One that is long overdue lost its process without our knowing: another of the same name may have followed it.
  if (row.state === 'active' && ranBy !== 'gone' && row.untouchedMs < row.timeoutMs + OVERDUE_MS) {
    return { kind: 'leave', because: ranBy === 'alive' ? 'runs' : 'unknown-worker' };
  }
  return { kind: held === 'nothing' ? 'add' : 'take-out-and-add' };
}
