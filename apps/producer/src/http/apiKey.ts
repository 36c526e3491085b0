import { createHash, randomBytes } from 'node:crypto';

/** Makes an API key: 32 random bytes behind a prefix by which leaks can be found. */
export function newApiKey(): string {
  return `slk_${randomBytes(32).toString('base64url')}`;
}

/** What is kept of an API key, as hex. A key is random enough that a plain SHA-256 cannot be searched. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
