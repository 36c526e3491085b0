import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import type { Isolation } from '@sluice/tasks';
import type { AttemptStop } from './attemptStop.js';
import type { AttemptTrace } from './attemptTrace.js';

/** A job that BullMQ handed over, on its way through claim, execute and settle. */
export interface Attempt {
  readonly active: ActiveJob;
  readonly stop: AttemptStop;
  readonly trace: AttemptTrace;
}

/** An attempt that owns its job: the ledger gave it a fence. */
export interface OwnedAttempt extends Attempt {
  readonly claimed: ClaimedJob;
  /** How long the ledger took to claim it, in ms. */
  readonly claimMs: number;
  readonly plan: AttemptPlan;
}

/** What is to be done with a job that is owned. */
export type AttemptPlan =
  | { readonly kind: 'run'; readonly isolation: Isolation }
  | { readonly kind: 'bury-poison' }
  | { readonly kind: 'cancel' };
