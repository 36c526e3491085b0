import { AsyncLocalStorage } from 'node:async_hooks';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { inUpstreamSpan } from '@sluice/shared/network/upstreamSpan';
import type { Dispatcher } from 'undici';
import { request } from 'undici';

/** One call of GA4 as it went over the wire, independent of what the client library makes of it. */
export interface Ga4Call {
  readonly signal: AbortSignal;
  /** Whether a request was sent at all. */
  sent: boolean;
  /** The last response; null before. */
  answer: { readonly status: number; readonly retryAfter: string | undefined; readonly body: string } | null;
  /** Why there is no response; null unless something failed. */
  trouble: unknown;
}

/** Replacement for `fetch` in the client library. */
export type Ga4Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Sends the requests of one client. */
export interface Ga4Wire {
  readonly fetch: Ga4Fetch;
  /** Runs code that calls the client, and records its requests and responses in `call`. */
  during<Result>(call: Ga4Call, run: () => Promise<Result>): Promise<Result>;
}

/** Maximum size of a response, in bytes: far more than a result may have, far less than a worker's memory. */
const MAX_ANSWER_BYTES = 8 * 1_024 * 1_024;

/** Statuses whose responses have no body, by the Fetch standard. */
const WITHOUT_BODY = [101, 103, 204, 205, 304];

/**
 * Sends requests through `dispatcher`. The client library discards the handle that would cancel a call and has no
 * deadlines over REST, so each call carries its own signal (AsyncLocalStorage). Redirects are not followed, responses
 * are bounded.
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

/** Removes the credential from an error text, in case the server echoes the request. */
function withoutCredential(text: string, credential: string | undefined): string {
  return credential === undefined || credential === '' ? text : text.replaceAll(credential, '[credential]');
}
