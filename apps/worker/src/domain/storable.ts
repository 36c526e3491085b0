import { FleetError } from '@sluice/shared/errors/fleetError';

/** Maximum nesting depth that is stored; PostgreSQL's jsonb and every reader's stack have their own, larger limits. */
const MAX_DEPTH = 100;

/** A text in the form that PostgreSQL accepts: without NUL characters and lone surrogates. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/**
 * A parsed JSON value in the form that PostgreSQL's jsonb accepts, with every text and key made storable.
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
