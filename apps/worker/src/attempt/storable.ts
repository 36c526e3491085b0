import type { JobError } from '@sluice/shared/contracts/deadLetter';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { toStorableJson, toStorableText } from '../domain/storable.js';

/** Longest error message that is kept, in characters. */
const MAX_MESSAGE = 2_000;

/** Most bytes of JSON that a result may have. */
const MAX_RESULT_BYTES = 256 * 1_024;

/** A JSON text below this length is nested less deep than `toStorableJson` allows: each level takes two characters. */
const PLAIN_CHARACTERS = 200;

/**
 * A handler's result as PostgreSQL's jsonb takes it: NUL characters and halves of surrogate pairs are dropped, since one
 * of them would make the whole batch of settlements fail.
 * @throws FleetError `payload_too_large` over 256 KiB; `attempt_failed` for what JSON cannot say
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
  // What is short is not deep, and what cannot be stored is escaped in JSON.
  return text.length < PLAIN_CHARACTERS && !text.includes('\\u') ? json : toStorableJson(json);
}

/** An error as the ledger keeps it: its code and a short message, never a stack. Takes whatever was thrown. */
export function toJobError(error: unknown): JobError {
  return {
    code: error instanceof FleetError ? error.code : 'attempt_failed',
    // The cut may leave half of a surrogate pair.
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
