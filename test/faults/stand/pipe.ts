import type { Socket } from 'node:net';
import type { Weather } from './weather.js';

/** One direction of one connection. */
export interface Pipe {
  /** Sends what is due; call it when the weather changes. */
  pump(): void;
}

/** Bytes in transit at which the sender is paused, like a full TCP window. */
const WINDOW_BYTES = 1_048_576;

interface Piece {
  readonly bytes: Buffer;
  readonly arrivedMs: number;
}

/**
 * Forwards bytes from one socket to another as the weather allows; the end of one reaches the other in the same way.
 */
export function createPipe(from: Socket, into: Socket, weatherOf: () => Weather): Pipe {
  const waiting: Piece[] = [];
  let waitingBytes = 0;
  let freeAtMs = 0;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let isFull = false;

  function send({ bytes }: Piece): void {
    waitingBytes -= bytes.length;
    if (into.destroyed || into.write(bytes)) return;
    from.pause();
    if (isFull) return;
    isFull = true;
    into.once('drain', () => {
      isFull = false;
      if (waitingBytes < WINDOW_BYTES) from.resume();
    });
  }

  /** When the first chunk may be forwarded, in ms of this process's clock; null when unknown. */
  function dueMs(weather: Weather, { bytes, arrivedMs }: Piece): number | null {
    if (weather.kind === 'frozen') return null;
    if (weather.kind === 'clear') return 0;
    const dueAtMs = Math.max(arrivedMs + weather.latencyMs, freeAtMs);
    freeAtMs = dueAtMs + (bytes.length / weather.bytesPerSecond) * 1_000;
    return freeAtMs;
  }

  function pump(): void {
    clearTimeout(timer);
    for (let piece = waiting[0]; piece !== undefined; piece = waiting[0]) {
      const before = freeAtMs;
      const atMs = dueMs(weatherOf(), piece);
      if (atMs === null) return;
      const leftMs = atMs - performance.now();
      if (leftMs > 0) {
        freeAtMs = before;
        timer = setTimeout(pump, leftMs);
        return;
      }
      waiting.shift();
      send(piece);
    }
    if (!isFull && waitingBytes < WINDOW_BYTES) from.resume();
    if (ended && weatherOf().kind !== 'frozen') into.destroySoon();
  }

  from.on('data', (bytes: Buffer) => {
    waiting.push({ bytes, arrivedMs: performance.now() });
    waitingBytes += bytes.length;
    if (waitingBytes > WINDOW_BYTES) from.pause();
    if (waiting.length === 1) pump();
  });
  from.on('error', () => undefined);
  from.on('close', () => {
    ended = true;
    pump();
  });
  into.on('close', () => {
    clearTimeout(timer);
    waiting.length = 0;
  });
  return { pump };
}
