import type { Session } from '../connect.js';

/** The stored state of an `Idempotency-Key`. */
export type IdempotencyHold =
  /** This request proceeds; the ids it makes are derived from `seed`. */
  | { readonly kind: 'held'; readonly seed: string }
  | {
      readonly kind: 'replay';
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: string;
    }
  | { readonly kind: 'other-request' }
  | { readonly kind: 'in-progress' };

const HOLD = `
INSERT INTO idempotency_keys AS k (scope, key, request_hash, seed, held_until)
VALUES ($1, $2, $3, $4, now() + interval '10 seconds')
ON CONFLICT (scope, key) DO UPDATE
SET request_hash = CASE WHEN k.created_at < now() - interval '24 hours' THEN EXCLUDED.request_hash ELSE k.request_hash END,
    seed = CASE WHEN k.created_at < now() - interval '24 hours' THEN EXCLUDED.seed ELSE k.seed END,
    status = NULL, headers = NULL, body = NULL,
    created_at = CASE WHEN k.created_at < now() - interval '24 hours' THEN now() ELSE k.created_at END,
    held_until = now() + interval '10 seconds'
WHERE k.created_at < now() - interval '24 hours'
   OR (k.request_hash = EXCLUDED.request_hash AND k.status IS NULL AND k.held_until < now())
RETURNING seed`;

/**
 * Acquires a key for a request, or returns the outcome of the earlier one. A hold expires after 10 s without a
 * response: its process died, and a retry of the same request continues with the same seed.
 * @param scope the tenant, or `#operator`
 * @param requestHash SHA-256 of method, path and body, as hex
 * @param seed UUIDv7 that is used when the key is new
 */
export async function holdIdempotencyKey(
  db: Session,
  request: { readonly scope: string; readonly key: string; readonly requestHash: string; readonly seed: string },
): Promise<IdempotencyHold> {
  const { scope, key, requestHash, seed } = request;
  const held = await db.$client.query<{ seed: string }>({
    name: 'hold_idempotency_key',
    text: HOLD,
    values: [scope, key, requestHash, seed],
  });
  if (held.rows[0] !== undefined) return { kind: 'held', seed: held.rows[0].seed };
  const { rows } = await db.$client.query<KeyRow>({
    name: 'read_idempotency_key',
    text: 'SELECT request_hash, status, headers, body FROM idempotency_keys WHERE scope = $1 AND key = $2',
    values: [scope, key],
  });
  const [row] = rows;
  if (row === undefined || (row.request_hash === requestHash && row.status === null)) return { kind: 'in-progress' };
  if (row.request_hash !== requestHash) return { kind: 'other-request' };
  return { kind: 'replay', status: row.status ?? 200, headers: row.headers ?? {}, body: row.body ?? '' };
}

interface KeyRow {
  request_hash: string;
  status: number | null;
  headers: Record<string, string> | null;
  body: string | null;
}

/** Stores the response to a request under its key. */
export async function keepIdempotentAnswer(
  db: Session,
  answer: {
    readonly scope: string;
    readonly key: string;
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body: string;
  },
): Promise<void> {
  await db.$client.query({
    name: 'keep_idempotent_answer',
    text: 'UPDATE idempotency_keys SET status = $3, headers = $4, body = $5 WHERE scope = $1 AND key = $2',
    values: [answer.scope, answer.key, answer.status, answer.headers, answer.body],
  });
}

/** Releases a key whose request was rejected, so that it can be retried. */
export async function releaseIdempotencyKey(db: Session, scope: string, key: string): Promise<void> {
  await db.$client.query({
    name: 'release_idempotency_key',
    text: 'DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND status IS NULL',
    values: [scope, key],
  });
}

/**
 * Ends the hold of a request whose outcome is unknown, and keeps its seed: a retry of the request makes the same ids.
 */
export async function yieldIdempotencyKey(db: Session, scope: string, key: string): Promise<void> {
  await db.$client.query({
    name: 'yield_idempotency_key',
    text: "UPDATE idempotency_keys SET held_until = now() - interval '1 second' WHERE scope = $1 AND key = $2 AND status IS NULL",
    values: [scope, key],
  });
}

/** Deletes keys older than 24 hours, at most `limit` per call; returns how many. */
export async function forgetIdempotencyKeys(db: Session, limit: number): Promise<number> {
  const { rowCount } = await db.$client.query({
    name: 'forget_idempotency_keys',
    text: `DELETE FROM idempotency_keys WHERE (scope, key) IN
      (SELECT scope, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT $1)`,
    values: [limit],
  });
  return rowCount ?? 0;
}
