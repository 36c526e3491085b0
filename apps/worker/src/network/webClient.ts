import type { Service } from '@sluice/shared/lifecycle/service';
import { inUpstreamSpan } from '@sluice/shared/network/upstreamSpan';
import { createCheckedLookup } from '@sluice/tasks/internal';
import { Agent, request } from 'undici';
import { readTargetUrl } from './targetUrl.js';

/** Bytes of an answer's body that are read, and thrown away, to keep the connection; a longer one closes it. */
const MAX_BODY_BYTES = 64 * 1_024;

/** Longest that the body of an answer may take, in ms; its status is known by then. */
const BODY_MS = 2_000;

/** A request to a URL that a tenant chose. */
export interface WebPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** An answer without its body, which belongs to nobody. */
export interface WebAnswer {
  readonly status: number;
  /** The field `Retry-After` as sent. */
  readonly retryAfter: string | undefined;
}

/** Sends requests to addresses that are not ours to trust. */
export interface WebClient {
  /**
   * Does not follow redirects. The body of the answer is discarded.
   * @throws FleetError `address_refused` when the URL or what its host resolves to is not allowed; what undici throws
   * when the network fails; the signal's reason when that aborts
   */
  post(post: WebPost): Promise<WebAnswer>;
}

/** How a {@link WebClient} behaves. */
export interface WebClientOptions {
  /** Reach loopback and private addresses too. */
  readonly allowPrivateAddresses: boolean;
  /** Longest to connect and to wait for the answer's head, in ms each; 5 s and 10 s by default. */
  readonly connectMs?: number;
  readonly answerMs?: number;
}

/** The process's web client, with a pool of kept connections that `stop` closes. */
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
      // Connections are made when they are needed.
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

/** A body that never ends, or breaks off, does not undo the status that came before it. */
async function discard(body: Discardable, signal: AbortSignal): Promise<void> {
  try {
    await body.dump({ limit: MAX_BODY_BYTES, signal: AbortSignal.any([signal, AbortSignal.timeout(BODY_MS)]) });
  } catch {
    return;
  }
}
