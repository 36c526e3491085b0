import type { ErrorCode } from '@sluice/shared/errors/errorCode';
import { ERROR_CODES } from '@sluice/shared/errors/errorCode';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { PresentJob } from '../postgres/queries/findPresent.js';

/**
 * Returns a job's result.
 * @throws FleetError the error that the job died of, by its code; `wrong_state` when it was cancelled, expired or shed
 */
export function resultOf({ state, result, error }: PresentJob): unknown {
  if (state === 'completed') return result;
  if (state !== 'dead') throw new FleetError('wrong_state', `The request is over: ${state}.`);
  throw new FleetError(codeOf(error?.code), error?.message ?? 'The job died.');
}

function codeOf(code: string | undefined): ErrorCode {
  return ERROR_CODES.find((known) => known === code) ?? 'attempt_failed';
}
