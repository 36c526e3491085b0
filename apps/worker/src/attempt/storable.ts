import type { JobError } from '@sluice/shared/contracts/deadLetter';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { toStorableJson, toStorableText } from '../domain/storable.js';

/** Maximum length of a stored error message, in characters. */
const MAX_MESSAGE = 2_000;

/** Maximum size of a result as JSON, in bytes. */
const MAX_RESULT_BYTES = 256 * 1_024;

/**
 * A JSON text shorter than this cannot exceed the nesting limit of `toStorableJson`: each level takes two characters.
 */
const PLAIN_CHARACTERS = 200;

/**
 * A handler's result in the form that PostgreSQL's jsonb accepts: NUL characters and lone surrogates are dropped, since
 * one of them would fail the whole batch of settlements.
 * @throws FleetError `payload_too_large` over 256 KiB; `attempt_failed` for a value that JSON cannot represent
 */
export function toStorableResult(result: unknown): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
  } catch (cause) {
    throw new FleetError('attempt_failed', 'the task returned something that JSON cannot say', { cause });
  }
  if (text === undefined) return null;
  if (Buffer.byteLength(text) > MAX_RESULT_BYTES) {
    throw new FleetError('payload_too_large', `the result is larger than ${MAX_RESULT_BYTES} bytes`);
  }
  const json: unknown = JSON.parse(text);
  // A short text is not deep, and characters that cannot be stored are escaped in JSON.
  return text.length < PLAIN_CHARACTERS && !text.includes('\\u') ? json : toStorableJson(json);
}

/**
 * An error in the form that the ledger stores: its code and a short message, never a stack. Accepts any thrown value.
 */
export function toJobError(error: unknown): JobError {
  return {
    code: error instanceof FleetError ? error.code : 'attempt_failed',
    // Truncation may split a surrogate pair.
    message: toStorableText(messageOf(error)).slice(0, MAX_MESSAGE).toWellFormed(),
  };
}

function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'the task threw something that has no text';
  }
}
