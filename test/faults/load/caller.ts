import type { Book, StrangeAnswer } from './book.js';
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
  /** Its credential. */
  readonly token: string;
  call(front: string, request: Request): Promise<Heard>;
}

/** Longest that a client waits for an answer, in ms. */
const PATIENCE_MS = 8_000;

/**
 * Statuses that a client of this API may ever hear. A 401 is not among them: the key is good all the time. A 408 is: where
 * nobody has time, a request takes longer to arrive than it may.
 */
const KNOWN_STATUSES = new Set([200, 202, 207, 400, 404, 408, 409, 413, 422, 429, 503]);

/** A client of one tenant. */
export function createCaller(tenantId: string, token: string, book: Book): Caller {
  return {
    tenantId,
    token,
    async call(front, request) {
      book.counts.sent++;
      const answer = await send(front, token, request);
      if (answer === null) {
        book.counts.unanswered++;
        return { kind: 'silence' };
      }
      book.counts.answered++;
      const { status, retryAfter, text } = answer;
      const body = parse(text);
      for (const { what, against } of faultsOf(answer, tenantId)) {
        const about = { tenantId, request: `${request.method} ${request.path}`, status, body: text.slice(0, 500) };
        book.note({ against, what, ...about });
      }
      return { kind: 'answer', status, retryAfterMs: retryAfter === null ? null : Number(retryAfter) * 1_000, body };
    },
  };
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly type: string;
  readonly text: string;
}

async function send(front: string, token: string, { method, path, key, body }: Request): Promise<Answer | null> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  const payload = body === undefined ? {} : { body: JSON.stringify(body) };
  try {
    const answer = await fetch(front + path, { method, headers, ...payload, signal: AbortSignal.timeout(PATIENCE_MS) });
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      type: answer.headers.get('content-type') ?? '',
      text: await answer.text(),
    };
  } catch {
    return null;
  }
}

/** What is wrong with an answer to a tenant. */
function faultsOf(
  { status, retryAfter, type, text }: Answer,
  tenantId: string,
): Pick<StrangeAnswer, 'what' | 'against'>[] {
  const foreign = foreignCanary(text, tenantId);
  const found: Pick<StrangeAnswer, 'what' | 'against'>[] = [];
  if (foreign !== null) found.push({ against: 'I4', what: `holds ${foreign} of another tenant` });
  if (!KNOWN_STATUSES.has(status)) found.push({ against: 'I5', what: 'is a status that no client should hear' });
  if ((status === 429 || status === 503) && !/^\d+$/.test(retryAfter ?? '')) {
    found.push({ against: 'I5', what: 'does not say when to come back' });
  }
  if (status >= 400 && !type.startsWith('application/problem+json')) {
    found.push({ against: 'I5', what: `is refused as ${type}` });
  }
  if (parse(text) === null) found.push({ against: 'I5', what: 'is not JSON' });
  return found;
}

function parse(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return null;
  }
}
