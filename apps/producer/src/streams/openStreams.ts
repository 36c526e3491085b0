import type { ServerResponse } from 'node:http';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { SseMessage } from './sseText.js';
import { SSE_COMMENT, sseRetry, toSseText } from './sseText.js';

/** A stream says something at least so often, in ms. */
const COMMENT_EVERY_MS = 15_000;

/** What one reader may leave unread, in bytes, before it is dropped. It comes back to where it was by Last-Event-ID. */
const MAX_UNREAD_BYTES = 128 * 1_024;

/** After a stream was ended by us the client comes back after so long, in ms. */
const RETRY_MS = 1_000;

/** A stream of server-sent events to one client. */
export interface SseStream {
  send(message: SseMessage): void;
  /** Ends it after what was sent. */
  end(): void;
}

/** All streams that are open in this process. */
export interface OpenStreams {
  /**
   * Begins a stream on an answer.
   * @param closed called once, when the client has gone, was dropped, or the stream was ended
   */
  open(response: ServerResponse, closed: () => void): SseStream;
  /** Ends every stream, so that their clients go to another process; none is opened any more. */
  endAll(): void;
}

/** One timer for the comments of all streams, while there are any. */
export function createOpenStreams(metrics: Pick<Metrics, 'streamsOpen' | 'streamsDropped'>): OpenStreams {
  const responses = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | null = null;
  let ended = false;

  function write(response: ServerResponse, text: string): void {
    if (response.destroyed || response.writableEnded) return;
    if (response.writableLength > MAX_UNREAD_BYTES) {
      metrics.streamsDropped.inc();
      response.destroy();
      return;
    }
    response.write(text);
  }

  function comment(): void {
    for (const response of responses) write(response, SSE_COMMENT);
  }

  function forget(response: ServerResponse): void {
    responses.delete(response);
    metrics.streamsOpen.set(responses.size);
    if (responses.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    open(response, closed) {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Proxies that buffer would hold back every event.
        'x-accel-buffering': 'no',
      });
      response.write(sseRetry(RETRY_MS));
      responses.add(response);
      metrics.streamsOpen.set(responses.size);
      timer ??= setInterval(comment, COMMENT_EVERY_MS);
      response.once('close', () => {
        forget(response);
        closed();
      });
      if (ended) response.end();
      return {
        send: (message) => write(response, toSseText(message)),
        end: () => response.end(),
      };
    },
    endAll() {
      ended = true;
      for (const response of responses) response.end();
    },
  };
}
