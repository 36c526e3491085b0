import type { FleetError } from '@sluice/shared/errors/fleetError';
import type { StopReason } from './attemptStop.js';

/** The outcome of an attempt, before the job's verdict is decided. */
export type Execution =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'invalid'; readonly error: FleetError }
  /** The returned value is not a valid result of the task. */
  | { readonly kind: 'unusable'; readonly error: unknown }
  /** The attempt's own process exited before the attempt finished. */
  | { readonly kind: 'died'; readonly error: FleetError }
  | { readonly kind: 'stopped'; readonly reason: Exclude<StopReason, 'timed-out'> };
