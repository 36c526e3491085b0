import type { Database } from '@sluice/fleet/postgres/connect';
import type { EffectKey } from '@sluice/fleet/postgres/queries/effects';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { AttemptStop } from '../attempt/attemptStop.js';
import { toStorableResult } from '../attempt/storable.js';

/** An attempt's call for an effect. */
export interface EffectCall extends EffectKey {
  readonly stop: AttemptStop;
}

/** What running an effect needs. */
export interface EffectParts {
  /** A pool that settling does not use: handlers must not be able to starve it. */
  readonly db: Database;
  readonly log: Log;
}

/**
 * What an effect gave, as it is kept.
 * @throws FleetError of a permanent kind: another attempt would do the effect again, to fail again
 */
export function toEffectResult(value: unknown): unknown {
  try {
    return toStorableResult(value);
  } catch (cause) {
    if (cause instanceof FleetError && cause.code === 'payload_too_large') throw cause;
    throw new FleetError('invalid_request', 'the effect gave something that cannot be kept as JSON', { cause });
  }
}

/** What a call is told whose job another attempt has taken over. The outcome of such an attempt is refused as well. */
export function attemptLost({ jobId, fence }: EffectKey): FleetError {
  return new FleetError('attempt_lost', `attempt ${fence} no longer owns the job ${jobId}`);
}
