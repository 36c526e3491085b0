import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Accepted } from '../load/acceptedFile.js';
import type { Entry, StrangeAnswer } from '../load/book.js';
import type { Hit } from '../load/sink.js';

/** A job as the ledger holds it at the end. */
export interface LedgerJob {
  readonly id: string;
  readonly tenantId: string;
  /** The canary in its data; null for a job that no client of the load sent. */
  readonly canary: string | null;
  readonly task: string;
  readonly state: JobState;
  readonly fence: number;
  /** From acceptance to first start, by the ledger's clock, in ms; null when it never started. */
  readonly startedAfterMs: number | null;
  /** The kind of effect that `system.fault` has. */
  readonly effect: string | null;
}

/** One change of a job, recorded by a trigger; null stands for no row. */
export interface Transition {
  readonly jobId: string;
  readonly fromState: JobState | null;
  readonly toState: JobState | null;
  readonly fromFence: number | null;
  readonly toFence: number | null;
}

/** A decision of the scaler; the list is in the order of writing. */
export interface Decision {
  readonly tenantId: string;
  readonly desired: number;
  readonly leaderFence: number;
}

/** Everything observed of a run, by its clients and by the monitors. */
export interface Facts {
  /** Read back from disk. */
  readonly accepted: readonly Accepted[];
  readonly entries: readonly Entry[];
  readonly strange: readonly StrangeAnswer[];
  readonly jobs: readonly LedgerJob[];
  readonly transitions: readonly Transition[];
  readonly hits: readonly Hit[];
  /** Rows in the table of effects, per job. */
  readonly rows: ReadonlyMap<string, number>;
  readonly decisions: readonly Decision[];
  /** Log lines that contain a canary. */
  readonly telltales: readonly string[];
  /** Unauthorised content on pages, and pages that open without authorisation. */
  readonly pages: readonly string[];
  readonly slots: {
    /** Maximum concurrent effects of one tenant. */
    readonly mostRunning: number;
    readonly mostAllowed: number;
    /** Errors found in the leases. */
    readonly amiss: readonly string[];
  };
  /** Jobs that had not ended by the deadline. */
  readonly overdue: readonly string[];
  /** Redis lost its data: jobs accepted by Redis alone may be lost, as documented. */
  readonly redisLost: boolean;
}

/** Names of the invariants, as described under docs. */
export type InvariantId = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8';

/** A violation of an invariant. */
export interface Violation {
  readonly invariant: InvariantId;
  readonly what: string;
}

/** Finds violations of one invariant. Pure. */
export type Check = (facts: Facts) => Violation[];
