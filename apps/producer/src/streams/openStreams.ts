import type { ServerResponse } from 'node:http';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Outbox } from './outbox.js';
import { createOutboxes } from './outbox.js';
import type { SseMessage } from './sseText.js';
import { SSE_COMMENT, sseRetry, toSseText } from './sseText.js';
import type { StreamRoom } from './streamRoom.js';
import { roomFor } from './streamRoom.js';

/** A stream says something so often, in ms; one whose reader has taken nothing from one look to the next is dropped. */
const LOOK_EVERY_MS = 15_000;

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
  /** @returns whether the client keeps up; when not, what can wait does so until {@link taken} */
  send(message: SseMessage): boolean;
  /** Resolves when the client has taken what was sent, or the stream is over. */
  taken(): Promise<void>;
  /** Whether it was ended, or the client has gone. */
  isOver(): boolean;
  /** Ends it after what was sent. */
  end(): void;
}

/** Who reads a stream. */
export interface StreamReader {
  readonly tenantId: string;
  readonly requestId: string;
}

/** All streams that are open in this process. */
export interface OpenStreams {
  roomFor(tenantId: string): StreamRoom;
  /**
   * Begins a stream on an answer.
   * @param reader whose stream it is
   * @param closed called once, when the client has gone, was dropped, or the stream was ended
   */
  open(response: ServerResponse, reader: StreamReader, closed: () => void): SseStream;
  /** Ends every stream, so that their clients go to another process; none is opened any more. */
  endAll(): void;
}

/**
 * One timer looks at all streams, while there are any.
 * @param maxStreams open at a time, so that streams never take all connections
 */
export function createOpenStreams(
  metrics: Pick<Metrics, 'streamsOpen' | 'streamsDropped'>,
  maxStreams: number,
): OpenStreams {
  const open = new Set<Outbox>();
  /** Tenant -> its open streams. */
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
