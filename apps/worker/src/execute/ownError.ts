import type { ErrorCode } from '@sluice/shared/errors/errorCode';
import { ERROR_CODES } from '@sluice/shared/errors/errorCode';
import { FLEET_ERROR, FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';

/**
 * Converts a fleet error that a handler threw from another copy of the package into this copy's class: `instanceof`
 * would not recognise it, and a PacedError would cost a retry. Any other value is returned unchanged.
 */
export function toOwnError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof FleetError) return error;
  const { code, retryAfterMs, ofPart, ...marked } = fieldsOf(error);
  if (!marked.isFleetError || !isErrorCode(code)) return error;
  if (code !== 'upstream_paced') return new FleetError(code, error.message, { cause: error });
  const waitMs = typeof retryAfterMs === 'number' ? retryAfterMs : null;
  return new PacedError(error.message, waitMs, { cause: error, ofPart: ofPart === true });
}

/** A thrown value may have accessors that throw. */
function fieldsOf(error: object) {
  try {
    const fields = error as Readonly<Record<PropertyKey, unknown>>;
    const { code, retryAfterMs, ofPart } = fields;
    return { isFleetError: fields[FLEET_ERROR] === true, code, retryAfterMs, ofPart };
  } catch {
    return { isFleetError: false, code: undefined, retryAfterMs: undefined, ofPart: undefined };
  }
}

function isErrorCode(code: unknown): code is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(code);
}
