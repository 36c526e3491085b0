import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';

/** Maximum nesting of arrays and objects. */
const MAX_DEPTH = 64;

/** Keys that can modify an object's prototype when a later step copies them. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** PostgreSQL's text and jsonb can store neither NUL nor an unpaired surrogate. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * Rejects what is invalid in any body, query or path: keys that modify prototypes, nesting beyond 64, and characters
 * that cannot be stored.
 * @throws InvalidRequestError at the first violation
 */
export function refuseHostile(value: unknown, depth = 0): void {
  if (typeof value === 'string') refuseText(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) throw refusal(`Arrays and objects may be nested at most ${MAX_DEPTH} deep`);
  if (Array.isArray(value)) {
    for (const item of value) refuseHostile(item, depth + 1);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.has(key)) throw refusal(`The key "${key}" is not allowed`);
    refuseText(key);
    refuseHostile(member, depth + 1);
  }
}

function refuseText(text: string): void {
  if (UNSTORABLE.test(text)) throw refusal('Text must not contain NUL or an unpaired surrogate');
}

function refusal(message: string): InvalidRequestError {
  return new InvalidRequestError(`${message}.`, [{ pointer: '', message }]);
}
