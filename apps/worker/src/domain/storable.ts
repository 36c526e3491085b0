import { FleetError } from '@sluice/shared/errors/fleetError';

/** Deepest nesting that is kept; PostgreSQL's jsonb and every reader's stack have their own, larger bounds. */
const MAX_DEPTH = 100;

/** A text as PostgreSQL takes it: without NUL characters and halves of surrogate pairs. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/**
 * A parsed JSON value as PostgreSQL's jsonb takes it, with every text and every key made storable.
 * @throws FleetError `invalid_request` when it is nested deeper than 100 levels
 */
export function toStorableJson(json: unknown, depth = 0): unknown {
  if (typeof json === 'string') return toStorableText(json);
  if (typeof json !== 'object' || json === null) return json;
  if (depth === MAX_DEPTH) throw new FleetError('invalid_request', `nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(json)) return json.map((item) => toStorableJson(item, depth + 1));
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [toStorableText(key), toStorableJson(value, depth + 1)]),
  );
}
