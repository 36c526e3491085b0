import { startDeadline } from '../http/deadline.js';
import type { Transport } from '../http/transport.js';
import { SluiceError } from '../sluiceError.js';
import type { SseItem } from './sseParser.js';
import { createSseParser } from './sseParser.js';

/** Largest event, in characters: a job's result has at most 256 KiB. */
const MAX_EVENT_CHARACTERS = 1_048_576;

/** What one connection gave next. */
export type StreamStep =
  | { readonly kind: 'item'; readonly item: SseItem }
  | { readonly kind: 'ended' }
  /** The server says not to come back. */
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly error: SluiceError };

/** One connection to a stream of events. Nothing is read unless asked for, and no time counts meanwhile. */
export interface StreamConnection {
  /** Connects at first. @throws the caller's signal's reason when it fires */
  next(): Promise<StreamStep>;
  /** Ends the connection; harmless when it has ended. */
  close(): void;
}

/** Where a stream is, and how long it may be silent. */
export interface StreamSource {
  readonly path: string;
  /** Empty: from the present on. */
  readonly lastEventId: string;
  /** A connection that says nothing for this long is dead, in ms; the server says something every 15 s. */
  readonly silenceMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Prepares a connection. */
export function connectStream(transport: Transport, source: StreamSource): StreamConnection {
  const { path, lastEventId, silenceMs, signal } = source;
  const silence = startDeadline(transport.runtime, silenceMs, signal);
  silence.pause();
  const parser = createSseParser(lastEventId, MAX_EVENT_CHARACTERS);
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  const ready: SseItem[] = [];

  /** @returns null while there is more to read */
  async function readMore(): Promise<StreamStep | null> {
    if (reader === null) {
      const headers = { accept: 'text/event-stream', ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }) };
      const response = await transport.open(path, headers, silence.signal);
      if (response.status === 204) return { kind: 'over' };
      reader = readerOf(response);
    }
    silence.restart();
    const { done, value } = await reader.read();
    if (done) return { kind: 'ended' };
    ready.push(...parser.push(value));
    return null;
  }

  function toFailure(error: unknown): StreamStep {
    signal?.throwIfAborted();
    if (error instanceof SluiceError) return { kind: 'failed', error };
    const detail = 'The stream of events broke off.';
    return { kind: 'failed', error: new SluiceError({ status: null, code: 'network', detail, cause: error }) };
  }

  return {
    async next() {
      signal?.throwIfAborted();
      silence.restart();
      try {
        for (;;) {
          const item = ready.shift();
          if (item !== undefined) return { kind: 'item', item };
          const step = await readMore();
          if (step !== null) return step;
        }
      } catch (error) {
        return toFailure(error);
      } finally {
        silence.pause();
      }
    },
    close() {
      silence.abort();
      void reader?.cancel().catch(() => undefined);
    },
  };
}

/** @throws SluiceError `bad_answer` for an answer that is no stream of events, whose body is closed */
function readerOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
  const type = response.headers.get('content-type') ?? '';
  if (response.body !== null && /^text\/event-stream\b/i.test(type)) return response.body.getReader();
  void response.body?.cancel().catch(() => undefined);
  const detail = 'The answer is not a stream of events.';
  throw new SluiceError({ status: response.status, code: 'bad_answer', detail });
}
