import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import type { Isolation } from '@sluice/tasks';
import type { AttemptStop } from './attemptStop.js';
import type { AttemptTrace } from './attemptTrace.js';

/** A job delivered by BullMQ, on its way through claim, execute and settle. */
export interface Attempt {
  readonly active: ActiveJob;
  readonly stop: AttemptStop;
  readonly trace: AttemptTrace;
}

/** An attempt that owns its job: the ledger assigned it a fence. */
export interface OwnedAttempt extends Attempt {
  readonly claimed: ClaimedJob;
  /** Duration of the claim in the ledger, in ms. */
  readonly claimMs: number;
  readonly plan: AttemptPlan;
}

/** What to do with an owned job. */
export type AttemptPlan =
  | { readonly kind: 'run'; readonly isolation: Isolation }
  | { readonly kind: 'bury-poison' }
  | { readonly kind: 'cancel' };
