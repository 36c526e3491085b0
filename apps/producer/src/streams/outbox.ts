import type { ServerResponse } from 'node:http';

/** Limits of what is buffered for readers in this process; the operating system's buffers come on top. */
export interface OutboxBounds {
  /** Maximum handed to the operating system at once, in bytes; the next slice follows once it drains. */
  readonly sliceBytes: number;
  /** Buffer limit for one reader, in bytes: more than one read of the feeds yields. */
  readonly ofOneBytes: number;
  /** Buffer limit for all readers, in bytes; above it each reader is limited to one slice. */
  readonly ofAllBytes: number;
  /** How long a reader may take to read the rest after the end, in ms. */
  readonly finishWithinMs: number;
}

/** The limits of a producer. */
export const OUTBOX_BOUNDS: OutboxBounds = {
  sliceBytes: 65_536,
  ofOneBytes: 1_048_576,
  ofAllBytes: 134_217_728,
  finishWithinMs: 30_000,
};

/** The output buffer of one reader. */
export interface Outbox {
  /** @returns whether the reader keeps up; when it does not, wait for {@link taken} before sending what can wait */
  send(text: string): boolean;
  /** Resolves when the reader has read everything sent, or the stream is over. */
  taken(): Promise<void>;
  /** Whether the stream was ended or the reader disconnected. */
  isOver(): boolean;
  /** Drops a reader that has read nothing since the previous check; sends the text to one that has read everything. */
  look(text: string): void;
  /** Ends the response after what was sent, and disconnects a reader that does not read it in time. */
  end(): void;
}

/** The outboxes of all readers. */
export interface Outboxes {
  open(response: ServerResponse): Outbox;
  /** Bytes buffered for all readers. */
  waitingBytes(): number;
}

/**
 * A reader's speed cannot be measured within one iteration of the event loop: Node hands nothing to the operating
 * system before the iteration ends. So one iteration may buffer a lot, up to a limit, and only what remains later
 * counts against the reader. A reader over its limit receives what is buffered and then the end, so that it has made
 * progress when it reconnects.
 * @param dropped called when a reader did not keep up
 */
export function createOutboxes(dropped: () => void, bounds: OutboxBounds = OUTBOX_BOUNDS): Outboxes {
  let ofAllBytes = 0;
  return {
    open: (response) =>
      openOutbox(response, bounds, {
        dropped,
        add(bytes) {
          ofAllBytes += bytes;
        },
        mayWaitBytes: () => (ofAllBytes > bounds.ofAllBytes ? bounds.sliceBytes : bounds.ofOneBytes),
      }),
    waitingBytes: () => ofAllBytes,
  };
}

interface Shared {
  readonly dropped: () => void;
  /** Adds to the bytes buffered for all readers. */
  readonly add: (bytes: number) => void;
  readonly mayWaitBytes: () => number;
}

function openOutbox(response: ServerResponse, { sliceBytes, finishWithinMs }: OutboxBounds, shared: Shared): Outbox {
  let waiting: string[] = [];
  let waitingBytes = 0;
  let isStuck = false;
  let waiters: (() => void)[] = [];
  const isOver = (): boolean => response.destroyed || response.writableEnded;
  const isTaken = (): boolean => waitingBytes === 0 && !response.writableNeedDrain;

  function count(bytes: number): void {
    waitingBytes += bytes;
    shared.add(bytes);
  }

  function wake(): void {
    const woken = waiters;
    waiters = [];
    for (const resolve of woken) resolve();
  }

  function pump(): void {
    while (waitingBytes > 0 && !response.writableNeedDrain && !isOver()) response.write(takeSlice());
    if (isTaken()) wake();
  }

  function takeSlice(): string {
    let bytes = 0;
    let texts = 0;
    while (texts < waiting.length && bytes < sliceBytes) bytes += Buffer.byteLength(waiting[texts++] ?? '');
    const slice = waiting.slice(0, texts).join('');
    waiting = waiting.slice(texts);
    count(-bytes);
    return slice;
  }

  function end(): void {
    if (isOver()) return;
    // What was buffered counts until the response closes: it has only moved to another buffer.
    response.end(waiting.join(''));
    waiting = [];
    const timer = setTimeout(() => response.destroy(), finishWithinMs);
    response.once('close', () => clearTimeout(timer));
    wake();
  }

  response.on('drain', () => {
    isStuck = false;
    pump();
  });
  response.once('close', () => {
    waiting = [];
    count(-waitingBytes);
    wake();
  });

  return {
    send(text) {
      if (isOver()) return true;
      if (waitingBytes > shared.mayWaitBytes()) {
        shared.dropped();
        end();
        return true;
      }
      waiting.push(text);
      count(Buffer.byteLength(text));
      pump();
      return waitingBytes < sliceBytes;
    },
    taken: () => (isOver() || isTaken() ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    isOver,
    look(text) {
      if (isOver()) return;
      if (!isTaken() && isStuck) {
        shared.dropped();
        response.destroy();
      } else if (isTaken()) {
        waiting.push(text);
        count(Buffer.byteLength(text));
        pump();
      } else isStuck = true;
    },
    end,
  };
}
