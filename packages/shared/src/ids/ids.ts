import { v5 as uuidV5, v7 as uuidV7, validate } from 'uuid';

/** Namespace of ids that are derived and not drawn. */
const NAMESPACE = '8f0d8b0e-6a5c-4d9b-9a2e-3f1c5f3a7c11';

/** A new UUIDv7: unique, and sorted by the time it was made. */
export function newId(): string {
  return uuidV7();
}

/** An id that is always the same for the same text. */
export function derivedId(text: string): string {
  return uuidV5(text, NAMESPACE);
}

/** Whether a text is a UUID, and so may be an id of ours. */
export function isId(text: string): boolean {
  return validate(text);
}
