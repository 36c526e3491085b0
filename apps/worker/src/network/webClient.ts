import type { Service } from '@sluice/shared/lifecycle/service';
import { inUpstreamSpan } from '@sluice/shared/network/upstreamSpan';
import { createCheckedLookup } from '@sluice/tasks/internal';
import { Agent, request } from 'undici';
import { readTargetUrl } from './targetUrl.js';

/** Maximum bytes of a response body that are read and discarded to keep the connection; a longer one closes it. */
const MAX_BODY_BYTES = 64 * 1_024;

/** Timeout of a response body, in ms; its status is known by then. */
const BODY_MS = 2_000;

/** A request to a URL chosen by a tenant. */
export interface WebPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** A response without its body, which is discarded. */
export interface WebAnswer {
  readonly status: number;
  /** The `Retry-After` header as sent. */
  readonly retryAfter: string | undefined;
}

/** Sends requests to untrusted addresses. */
export interface WebClient {
  /**
   * Sends a request. Does not follow redirects; discards the response body.
   * @throws FleetError `address_refused` when the URL or what its host resolves to is not allowed; undici's error when
   * the network fails; the signal's reason when that aborts
   */
  post(post: WebPost): Promise<WebAnswer>;
}

/** Options of a {@link WebClient}. */
export interface WebClientOptions {
  /** Allow loopback and private addresses as well. */
  readonly allowPrivateAddresses: boolean;
  /** Timeouts for connecting and for the response's header, in ms each; 5 s and 10 s by default. */
  readonly connectMs?: number;
  readonly answerMs?: number;
}

/** Creates the process's web client, with a pool of keep-alive connections that `stop` closes. */
export function createWebClient(options: WebClientOptions): WebClient & Service {
  const agent = new Agent({
    connect: {
      timeout: options.connectMs ?? 5_000,
      ...(options.allowPrivateAddresses ? {} : { lookup: createCheckedLookup() }),
    },
    headersTimeout: options.answerMs ?? 10_000,
    bodyTimeout: BODY_MS,
    connections: 64,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 30_000,
    maxHeaderSize: 16 * 1_024,
  });
  return {
    name: 'web client',
    async start() {
      // Connections are opened on demand.
    },
    async stop() {
      if (!agent.destroyed) await agent.destroy();
    },
    async post({ url, headers, body, signal }) {
      const target = readTargetUrl(url, options);
      const answer = await inUpstreamSpan('POST', target, (trace) =>
        request(target, { method: 'POST', headers: { ...headers, ...trace }, body, signal, dispatcher: agent }),
      );
      await discard(answer.body, signal);
      return { status: answer.statusCode, retryAfter: [answer.headers['retry-after']].flat()[0] };
    },
  };
}

interface Discardable {
  dump(options: { limit: number; signal: AbortSignal }): Promise<void>;
}

/** A body that never ends, or is truncated, does not invalidate the status received before it. */
async function discard(body: Discardable, signal: AbortSignal): Promise<void> {
  try {
    await body.dump({ limit: MAX_BODY_BYTES, signal: AbortSignal.any([signal, AbortSignal.timeout(BODY_MS)]) });
  } catch {
    return;
  }
}
