import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a login lasts, in ms. */
export const SESSION_MS = 12 * 3_600_000;

/** Issues and verifies the token in the session cookie. Stateless: every replica can verify it. */
export interface Sessions {
  /** Issues a token that expires `SESSION_MS` from now. */
  open(): string;
  /** When the token's session expires, unix ms; null when the token is invalid or expired. */
  endOf(token: string | undefined): number | null;
  /** Whether this is the operator key. Compares in constant time. */
  isOperatorKey(candidate: string): boolean;
}

/**
 * Sessions are signed with HMAC-SHA256 under a key derived from the operator key (HKDF, RFC 5869), so changing the
 * operator key invalidates them all.
 * @param now unix ms
 */
export function createSessions(operatorKey: string, now: () => number): Sessions {
  const key = Buffer.from(hkdfSync('sha256', operatorKey, '', 'sluice dashboard session v1', 32));
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const operatorDigest = sign(`key:${operatorKey}`);
  return {
    open() {
      const content = `${(now() + SESSION_MS).toString(36)}.${randomBytes(16).toString('base64url')}`;
      return `${content}.${sign(`session:${content}`).toString('base64url')}`;
    },
    endOf(token) {
      const parts = /^(([0-9a-z]{1,11})\.[\w-]{22})\.([\w-]{43})$/.exec(token ?? '');
      if (parts === null) return null;
      const [, content = '', end = '', signature = ''] = parts;
      if (!timingSafeEqual(Buffer.from(signature, 'base64url'), sign(`session:${content}`))) return null;
      const endsAt = Number.parseInt(end, 36);
      return endsAt > now() ? endsAt : null;
    },
    isOperatorKey: (candidate) => timingSafeEqual(sign(`key:${candidate}`), operatorDigest),
  };
}
