import type { FleetError } from '@sluice/shared/errors/fleetError';
import type { StopReason } from './attemptStop.js';

/** What an attempt came to, before it is decided what becomes of the job. */
export type Execution =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'invalid'; readonly error: FleetError }
  /** What the task returned cannot be its result. */
  | { readonly kind: 'unusable'; readonly error: unknown }
  /** The attempt's own process ended before the attempt did. */
  | { readonly kind: 'died'; readonly error: FleetError }
  | { readonly kind: 'stopped'; readonly reason: Exclude<StopReason, 'timed-out'> };
