import type { ServerResponse } from 'node:http';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Outbox } from './outbox.js';
import { createOutboxes } from './outbox.js';
import type { SseMessage } from './sseText.js';
import { SSE_COMMENT, sseRetry, toSseText } from './sseText.js';
import type { StreamRoom } from './streamRoom.js';
import { roomFor } from './streamRoom.js';

/** Interval of keep-alive comments, in ms; a reader that has read nothing between two checks is dropped. */
const LOOK_EVERY_MS = 15_000;

/** How long a client waits to reconnect after the server ended its stream, in ms. */
const RETRY_MS = 1_000;

/** Headers of a stream's response. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Otherwise a buffering proxy would delay every event.
  'x-accel-buffering': 'no',
} as const;

/** A stream of server-sent events to one client. */
export interface SseStream {
  /** @returns whether the client keeps up; when it does not, wait for {@link taken} before sending what can wait */
  send(message: SseMessage): boolean;
  /** Resolves when the client has read everything sent, or the stream is over. */
  taken(): Promise<void>;
  /** Whether the stream was ended or the client disconnected. */
  isOver(): boolean;
  /** Ends the stream after what was sent. */
  end(): void;
}

/** The reader of a stream. */
export interface StreamReader {
  readonly tenantId: string;
  readonly requestId: string;
}

/** All open streams of this process. */
export interface OpenStreams {
  roomFor(tenantId: string): StreamRoom;
  /**
   * Starts a stream on a response.
   * @param reader the reader of the stream
   * @param closed called once, when the client disconnects or is dropped, or the stream is ended
   */
  open(response: ServerResponse, reader: StreamReader, closed: () => void): SseStream;
  /** Ends every stream, so that clients reconnect to another process, and refuses new ones. */
  endAll(): void;
}

/**
 * One timer serves all streams; it runs only while any are open.
 * @param maxStreams maximum of open streams, so that they never occupy all connections
 */
export function createOpenStreams(
  metrics: Pick<Metrics, 'streamsOpen' | 'streamsDropped'>,
  maxStreams: number,
): OpenStreams {
  const open = new Set<Outbox>();
  /** Tenant -> number of open streams. */
  const ofTenants = new Map<string, number>();
  const outboxes = createOutboxes(() => metrics.streamsDropped.inc());
  let timer: NodeJS.Timeout | null = null;
  let ended = false;

  function lookAtAll(): void {
    for (const outbox of open) outbox.look(SSE_COMMENT);
  }

  function countTenant(tenantId: string, by: 1 | -1): void {
    const next = (ofTenants.get(tenantId) ?? 0) + by;
    if (next > 0) ofTenants.set(tenantId, next);
    else ofTenants.delete(tenantId);
  }

  function forget(outbox: Outbox, tenantId: string): void {
    open.delete(outbox);
    countTenant(tenantId, -1);
    metrics.streamsOpen.set(open.size);
    if (open.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    roomFor(tenantId) {
      if (ended) return { kind: 'full' };
      return roomFor({ open: open.size, ofTenant: ofTenants.get(tenantId) ?? 0 }, maxStreams);
    },
    open(response, { tenantId, requestId }, closed) {
      response.writeHead(200, { ...STREAM_HEADERS, 'x-request-id': requestId });
      const outbox = outboxes.open(response);
      outbox.send(sseRetry(RETRY_MS));
      open.add(outbox);
      countTenant(tenantId, 1);
      metrics.streamsOpen.set(open.size);
      timer ??= setInterval(lookAtAll, LOOK_EVERY_MS);
      response.once('close', () => {
        forget(outbox, tenantId);
        closed();
      });
      return {
        send: (message) => outbox.send(toSseText(message)),
        taken: outbox.taken,
        isOver: outbox.isOver,
        end: outbox.end,
      };
    },
    endAll() {
      ended = true;
      for (const outbox of open) outbox.end();
    },
  };
}
