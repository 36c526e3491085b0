import type { Book } from './book.js';
import { foreignCanary } from './canary.js';

/** What came back, or that nothing did. */
export type Heard =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfterMs: number | null; readonly body: unknown }
  | { readonly kind: 'silence' };

/** A request of a tenant, or of nobody. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly key?: string;
  readonly body?: unknown;
}

/** Sends requests by one credential, and looks through every answer for what must not be in it. */
export interface Caller {
  readonly tenantId: string;
  call(front: string, request: Request): Promise<Heard>;
}

/** Longest that a client waits for an answer, in ms. */
const PATIENCE_MS = 8_000;

/** Statuses that a client of this API may ever hear. A 401 is not among them: the key is good all the time. */
const KNOWN_STATUSES = new Set([200, 202, 207, 400, 404, 409, 413, 422, 429, 503]);

/** A client of one tenant. */
export function createCaller(tenantId: string, token: string, book: Book): Caller {
  return {
    tenantId,
    async call(front, { method, path, key, body }) {
      book.counts.sent++;
      const request = `${method} ${path}`;
      let answer: Response;
      let text: string;
      try {
        answer = await fetch(front + path, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(key === undefined ? {} : { 'idempotency-key': key }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(PATIENCE_MS),
        });
        text = await answer.text();
      } catch {
        book.counts.unanswered++;
        return { kind: 'silence' };
      }
      book.counts.answered++;
      const retryAfter = answer.headers.get('retry-after');
      const note = (what: string, against: 'I4' | 'I5' = 'I5'): void => {
        book.note({ against, what, tenantId, request, status: answer.status, body: text.slice(0, 500) });
      };
      const foreign = foreignCanary(text, tenantId);
      if (foreign !== null) note(`holds ${foreign} of another tenant`, 'I4');
      if (!KNOWN_STATUSES.has(answer.status)) note('has a status that no client should hear');
      if ((answer.status === 429 || answer.status === 503) && retryAfter === null)
        note('does not say when to come back');
      return {
        kind: 'answer',
        status: answer.status,
        retryAfterMs: retryAfter === null ? null : Number(retryAfter) * 1_000,
        body: parse(text, note),
      };
    },
  };
}

function parse(text: string, note: (what: string) => void): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    note('is not JSON');
    return {};
  }
}
