import type { Database } from '@sluice/fleet/postgres/connect';
import type { EffectKey } from '@sluice/fleet/postgres/queries/effects';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { AttemptStop } from '../attempt/attemptStop.js';
import { toStorableResult } from '../attempt/storable.js';

/** A call of `once` by an attempt. */
export interface EffectCall extends EffectKey {
  readonly stop: AttemptStop;
}

/** Dependencies of running an effect. */
export interface EffectParts {
  /** A separate pool from the one that settles: handlers must not be able to starve it. */
  readonly db: Database;
  readonly log: Log;
}

/**
 * An effect's result, in the form in which it is stored.
 * @throws FleetError of a permanent kind: another attempt would repeat the effect only to fail again
 */
export function toEffectResult(value: unknown): unknown {
  try {
    return toStorableResult(value);
  } catch (cause) {
    if (cause instanceof FleetError && cause.code === 'payload_too_large') throw cause;
    throw new FleetError('invalid_request', 'the effect gave something that cannot be kept as JSON', { cause });
  }
}

/** The error of a call whose job another attempt has taken over. The outcome of such an attempt is refused as well. */
export function attemptLost({ jobId, fence }: EffectKey): FleetError {
  return new FleetError('attempt_lost', `attempt ${fence} no longer owns the job ${jobId}`);
}
