import type { ServerResponse } from 'node:http';

/** Bounds of what waits for readers in this process; the system keeps some more of its own. */
export interface OutboxBounds {
  /** What the system is given in one go, in bytes: it gets more when it has taken that. */
  readonly sliceBytes: number;
  /** What may wait for one reader, in bytes: more than what happens within one read of the feeds. */
  readonly ofOneBytes: number;
  /** What may wait for all readers, in bytes; above that one slice may wait for each. */
  readonly ofAllBytes: number;
  /** How long a reader has to take its last words, in ms. */
  readonly finishWithinMs: number;
}

/** The bounds of a producer. */
export const OUTBOX_BOUNDS: OutboxBounds = {
  sliceBytes: 65_536,
  ofOneBytes: 1_048_576,
  ofAllBytes: 134_217_728,
  finishWithinMs: 30_000,
};

/** What waits for one reader. */
export interface Outbox {
  /** @returns whether the reader keeps up; when not, what can wait does so until {@link taken} */
  send(text: string): boolean;
  /** Resolves when the reader has taken what was sent, or the stream is over. */
  taken(): Promise<void>;
  /** Whether it was ended, or the reader has gone. */
  isOver(): boolean;
  /** Drops a reader that has taken nothing since the last look; sends the text to one that has taken all. */
  look(text: string): void;
  /** Ends the answer after what was sent, and cuts off a reader that does not take that in time. */
  end(): void;
}

/** The outboxes of all readers. */
export interface Outboxes {
  open(response: ServerResponse): Outbox;
  /** What waits for all readers, in bytes. */
  waitingBytes(): number;
}

/**
 * Nobody can see how fast a reader is within one turn of the event loop: Node gives the system nothing before the turn ends. So
 * a turn may send much, up to a bound, and only what is left over later is held against the reader. One that has too much waiting
 * gets that and then the end, so that it is further than before when it comes back.
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
  /** Counts what waits for all. */
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
    // What waited counts until it is gone: it only waits elsewhere now.
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
