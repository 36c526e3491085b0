import type { ServerResponse } from 'node:http';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { SseMessage } from './sseText.js';
import { SSE_COMMENT, sseRetry, toSseText } from './sseText.js';

/** A stream says something at least so often, in ms. */
const COMMENT_EVERY_MS = 15_000;

/**
 * What one reader may leave unread in this process, in bytes, before it is dropped; the system keeps some more of its own. It
 * comes back to where it was by Last-Event-ID.
 */
const MAX_UNREAD_BYTES = 64 * 1_024;

/** After a stream was ended by us the client comes back after so long, in ms. */
const RETRY_MS = 1_000;

/** Headers of the answer that a stream is. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that buffer would hold back every event.
  'x-accel-buffering': 'no',
} as const;

/** A stream of server-sent events to one client. */
export interface SseStream {
  send(message: SseMessage): void;
  /** Ends it after what was sent. */
  end(): void;
}

/** All streams that are open in this process. */
export interface OpenStreams {
  hasRoom(): boolean;
  /**
   * Begins a stream on an answer.
   * @param closed called once, when the client has gone, was dropped, or the stream was ended
   */
  open(response: ServerResponse, requestId: string, closed: () => void): SseStream;
  /** Ends every stream, so that their clients go to another process; none is opened any more. */
  endAll(): void;
}

/**
 * One timer for the comments of all streams, while there are any.
 * @param maxStreams open at a time, so that streams never take all connections
 */
export function createOpenStreams(
  metrics: Pick<Metrics, 'streamsOpen' | 'streamsDropped'>,
  maxStreams: number,
): OpenStreams {
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

  function end(response: ServerResponse): void {
    if (response.writableEnded) return;
    response.end();
    // One that does not read its last words is not waited for.
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
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
    hasRoom: () => responses.size < maxStreams && !ended,
    open(response, requestId, closed) {
      response.writeHead(200, { ...STREAM_HEADERS, 'x-request-id': requestId });
      response.write(sseRetry(RETRY_MS));
      responses.add(response);
      metrics.streamsOpen.set(responses.size);
      timer ??= setInterval(comment, COMMENT_EVERY_MS);
      response.once('close', () => {
        forget(response);
        closed();
      });
      return {
        send: (message) => write(response, toSseText(message)),
        end: () => end(response),
      };
    },
    endAll() {
      ended = true;
      for (const response of responses) end(response);
    },
  };
}
