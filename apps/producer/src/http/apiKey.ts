import { createHash, randomBytes } from 'node:crypto';

/** Creates an API key: 32 random bytes after a prefix by which secret scanners find leaks. */
export function newApiKey(): string {
  return `slk_${randomBytes(32).toString('base64url')}`;
}

/** The stored form of an API key, as hex. A key is random enough that a plain SHA-256 cannot be brute-forced. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
