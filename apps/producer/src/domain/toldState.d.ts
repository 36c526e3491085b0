import type { JobState } from '@sluice/shared/contracts/jobStates';
/** A state of a job that somebody was told. */
export interface ToldState {
  readonly state: JobState;
  /** The start that it belongs to, from 1; 0 before the first. */
  readonly attempt: number;
}
/**
 * Whether a state comes later in a job's life than what was told, so that it is news. Several processes tell of one job, and
 * the ledger is read beside them, so that what is heard may be older than what is known. Pure.
 */
export declare function isLater(next: ToldState, told: ToldState | null): boolean;
/**
 * Whether the death that was told is no longer the job's end: a dead job can be sent again, and what comes then is earlier than
 * its death by {@link isLater}. Pure.
 * @param now how the job is by the ledger, which knows of a death before anyone tells it
 */
export declare function wasRevived(told: ToldState, now: ToldState): boolean;
//# sourceMappingURL=toldState.d.ts.map
