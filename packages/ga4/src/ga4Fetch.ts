import { AsyncLocalStorage } from 'node:async_hooks';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { inUpstreamSpan } from '@sluice/shared/network/upstreamSpan';
import type { Dispatcher } from 'undici';
import { request } from 'undici';

/** One call of GA4 as it went on the wire: what the client library makes of it is not relied on. */
export interface Ga4Call {
  readonly signal: AbortSignal;
  /** Whether a request was sent at all. */
  sent: boolean;
  /** The last answer; null before. */
  answer: { readonly status: number; readonly retryAfter: string | undefined; readonly body: string } | null;
  /** Why there is no answer; null while nothing went wrong. */
  trouble: unknown;
}

/** What the client library is given in place of `fetch`. */
export type Ga4Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Sends the requests of one client. */
export interface Ga4Wire {
  readonly fetch: Ga4Fetch;
  /** Runs what calls the client, and notes what happens on the wire in `call`. */
  during<Result>(call: Ga4Call, run: () => Promise<Result>): Promise<Result>;
}

/** Most bytes of an answer that are read: far more than a result may have, far less than a worker's memory. */
const MAX_ANSWER_BYTES = 8 * 1_024 * 1_024;

/** Statuses whose answers have no body, by the Fetch standard. */
const WITHOUT_BODY = [101, 103, 204, 205, 304];

/**
 * Requests through `dispatcher`. The client library drops the handle that would cancel a call and knows no deadline over
 * REST, so each call brings its signal along (AsyncLocalStorage). Redirects are not followed, answers are bounded.
 */
export function createGa4Wire(dispatcher: Dispatcher): Ga4Wire {
  const calls = new AsyncLocalStorage<Ga4Call>();

  async function send(call: Ga4Call, url: string | URL, init: RequestInit): Promise<Response> {
    const headers = Object.fromEntries(new Headers(init.headers));
    const method = init.method === 'POST' ? 'POST' : 'GET';
    const sent = init.body === undefined || init.body === null ? null : String(init.body);
    const answer = await inUpstreamSpan(method, new URL(url), (trace) =>
      request(url, { method, headers: { ...headers, ...trace }, body: sent, signal: call.signal, dispatcher }),
    );
    const sentCredential = headers.authorization?.replace(/^Bearer /i, '');
    const body = withoutCredential(await readBounded(answer.body), sentCredential);
    const { statusCode: status } = answer;
    call.answer = { status, retryAfter: [answer.headers['retry-after']].flat()[0], body };
    const type = String(answer.headers['content-type'] ?? 'application/json');
    return new Response(WITHOUT_BODY.includes(status) ? null : body, { status, headers: { 'content-type': type } });
  }

  return {
    async fetch(url, init = {}) {
      const call = calls.getStore();
      if (call === undefined) throw new FleetError('internal', 'a request to GA4 outside of a call');
      call.sent = true;
      try {
        return await send(call, url, init);
      } catch (error) {
        call.trouble = error;
        throw error;
      }
    },
    during: (call, run) => calls.run(call, run),
  };
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new FleetError('payload_too_large', `GA4 answered more than ${MAX_ANSWER_BYTES} bytes: set a lower limit`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A server that sends back what it got must not make the credential part of an error. */
function withoutCredential(text: string, credential: string | undefined): string {
  return credential === undefined || credential === '' ? text : text.replaceAll(credential, '[credential]');
}
