import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Accepted } from '../load/acceptedFile.js';
import type { Entry, StrangeAnswer } from '../load/book.js';
import type { Hit } from '../load/sink.js';

/** A job as the ledger holds it at the end. */
export interface LedgerJob {
  readonly id: string;
  readonly tenantId: string;
  /** Found in its data; null of one that no client of the load has sent. */
  readonly canary: string | null;
  readonly task: string;
  readonly state: JobState;
  readonly fence: number;
  /** From its acceptance to its first start, by the ledger's clock, in ms; null of one that never started. */
  readonly startedAfterMs: number | null;
  /** How `system.fault` has its effect. */
  readonly effect: string | null;
}

/** One change of a job, noted by a trigger; null stands for no row. */
export interface Transition {
  readonly jobId: string;
  readonly fromState: JobState | null;
  readonly toState: JobState | null;
  readonly fromFence: number | null;
  readonly toFence: number | null;
}

/** A decision of the scaler, in the order in which they were written. */
export interface Decision {
  readonly tenantId: string;
  readonly desired: number;
  readonly leaderFence: number;
}

/** All that was seen of a run, by those who were there and by those who looked on. */
export interface Facts {
  /** Read back from the disk. */
  readonly accepted: readonly Accepted[];
  readonly entries: readonly Entry[];
  readonly strange: readonly StrangeAnswer[];
  readonly jobs: readonly LedgerJob[];
  readonly transitions: readonly Transition[];
  readonly hits: readonly Hit[];
  /** Rows of the effects' table, job by job. */
  readonly rows: ReadonlyMap<string, number>;
  readonly decisions: readonly Decision[];
  /** Lines of logs that hold a canary. */
  readonly telltales: readonly string[];
  /** What pages show to those who may not see it, and what opens to those who may not open it. */
  readonly pages: readonly string[];
  readonly slots: {
    /** Most effects of one tenant under way at once. */
    readonly mostRunning: number;
    readonly mostAllowed: number;
    /** What a look at the leases found amiss. */
    readonly amiss: readonly string[];
  };
  /** Jobs that had not ended when the time for it was up. */
  readonly overdue: readonly string[];
  /** Redis lost what it held: what Redis alone had accepted may be gone, as documented. */
  readonly redisLost: boolean;
}

/** Names of the invariants, as in their description under docs. */
export type InvariantId = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8';

/** Something that must not be. */
export interface Violation {
  readonly invariant: InvariantId;
  readonly what: string;
}

/** Says what is against an invariant; pure. */
export type Check = (facts: Facts) => Violation[];
