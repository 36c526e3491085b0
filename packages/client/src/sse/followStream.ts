import { pauseFor } from '../http/deadline.js';
import { isTransient, retryDelayMs } from '../http/retryPolicy.js';
import type { Transport } from '../http/transport.js';
import { SluiceError } from '../sluiceError.js';
import type { StreamConnection } from './readStream.js';
import { connectStream } from './readStream.js';
import type { SseItem } from './sseParser.js';

/** An event as it came. */
export type SseEvent = Extract<SseItem, { readonly kind: 'event' }>;

/** Which stream to follow, and how long. */
export interface Followed {
  readonly path: string;
  /** Resume behind this event. */
  readonly lastEventId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Give up after this many failures without an event between them; never by default. */
  readonly maxFailures?: number;
}

/** A connection that says nothing for this long is dead, in ms: three of the server's comments are missing. */
const SILENCE_MS = 45_000;

/** Longest wait before connecting again, in ms, whatever the server asks for. */
const MAX_WAIT_MS = 300_000;

/** Shortest that a stream's `retry:` field is taken for, in ms. */
const MIN_RETRY_MS = 100;

/** Where a stream is, over all of its connections. */
interface Progress {
  lastEventId: string;
  /** Connections in a row that gave no event. */
  failures: number;
  /** Asked for by the server's `retry:` field, in ms. */
  retryMs: number;
}

/**
 * Reads a stream of events and connects again whenever the connection is lost or refused for a passing reason, from behind the
 * last event that was taken: an event counts as taken when the next one is asked for.
 * @throws SluiceError a refusal that lasts, or what failed last after `maxFailures`; the signal's reason when it fires
 */
export async function* followStream(
  transport: Transport,
  followed: Followed,
): AsyncGenerator<SseEvent, void, undefined> {
  const { runtime, retry } = transport;
  const { path, signal, maxFailures = Number.POSITIVE_INFINITY } = followed;
  const progress: Progress = {
    lastEventId: followed.lastEventId ?? '',
    failures: 0,
    retryMs: retry.baseMs,
  };
  for (;;) {
    const { lastEventId } = progress;
    const connection = connectStream(transport, { path, lastEventId, silenceMs: SILENCE_MS, signal });
    let end: ConnectionEnd;
    try {
      end = yield* readConnection(connection, progress);
    } finally {
      connection.close();
    }
    if (end.kind === 'over') return;
    if (!isTransient(end.error) || progress.failures >= maxFailures) throw end.error;
    const policy = { baseMs: progress.retryMs, capMs: Math.max(retry.capMs, progress.retryMs) };
    const askedMs = end.error.retryAfterMs ?? (progress.failures === 0 ? progress.retryMs : null);
    const delayMs = retryDelayMs(askedMs, progress.failures, policy, runtime.random);
    await pauseFor(runtime, Math.min(MAX_WAIT_MS, delayMs), signal);
  }
}

type ConnectionEnd = { readonly kind: 'over' } | { readonly kind: 'lost'; readonly error: SluiceError };

async function* readConnection(
  connection: StreamConnection,
  progress: Progress,
): AsyncGenerator<SseEvent, ConnectionEnd, undefined> {
  progress.failures++;
  for (;;) {
    const step = await connection.next();
    switch (step.kind) {
      case 'over':
        return { kind: 'over' };
      case 'ended':
        return { kind: 'lost', error: new SluiceError({ status: null, code: 'network', detail: 'The stream ended.' }) };
      case 'failed':
        return { kind: 'lost', error: step.error };
      case 'item':
        if (step.item.kind === 'retry') {
          progress.retryMs = Math.min(MAX_WAIT_MS, Math.max(MIN_RETRY_MS, step.item.retryMs));
          break;
        }
        if (step.item.kind === 'event') {
          progress.failures = 0;
          yield step.item;
        }
        progress.lastEventId = step.item.lastEventId;
    }
  }
}
