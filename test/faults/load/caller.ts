import type { Book, StrangeAnswer } from './book.js';
import { foreignCanary } from './canary.js';

/** The response, or silence. */
export type Heard =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfterMs: number | null; readonly body: unknown }
  | { readonly kind: 'silence' };

/** A request by a tenant, or without a credential. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly key?: string;
  readonly body?: unknown;
}

/** Sends requests with one credential, and checks every response for what must not be in it. */
export interface Caller {
  readonly tenantId: string;
  /** The caller's credential. */
  readonly token: string;
  call(front: string, request: Request): Promise<Heard>;
}

/** Maximum time that a client waits for a response, in ms. */
const PATIENCE_MS = 8_000;

/**
 * Statuses that a client of this API may receive. Not 401: the key is always valid. But 408: on an overloaded machine a
 * request may take longer to arrive than allowed.
 */
const KNOWN_STATUSES = new Set([200, 202, 207, 400, 404, 408, 409, 413, 422, 429, 503]);

/** Creates a client of one tenant. */
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

/** What is wrong with a response to a tenant. */
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
