import { setTimeout as pause } from 'node:timers/promises';
import type { Book } from './book.js';
import type { Caller } from './caller.js';
import { foreignCanary } from './canary.js';

/** Dependencies of listening. */
export interface ListenParts {
  readonly caller: Caller;
  readonly nextFront: () => string;
  readonly book: Book;
  /** Stops listening. */
  readonly stop: AbortSignal;
}

const PATH = '/api/v1/events';

/** Pause between attempts, in ms. */
const PAUSE_MS = 500;

/** Characters of a stream kept for scanning: more than a canary that spans two chunks. */
const KEPT = 200;

/** Reads a tenant's own stream until stopped, reconnects whenever it ends, and checks everything received. */
export async function listen(parts: ListenParts): Promise<void> {
  const { stop } = parts;
  while (!stop.aborted) {
    // A stream ends with its producer, or is refused at the limit: both are expected here.
    await followOnce(parts).catch(() => undefined);
    await pause(PAUSE_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function followOnce({ caller, nextFront, book, stop }: ListenParts): Promise<void> {
  const { tenantId, token } = caller;
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(nextFront() + PATH, { headers, signal: stop });
  const { status } = answer;
  let tail = '';
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const text = tail + chunk;
    const foreign = foreignCanary(text, tenantId);
    if (foreign !== null) {
      const what = `tells of ${foreign} of another tenant`;
      book.note({ against: 'I4', what, tenantId, request: `GET ${PATH}`, status, body: text.slice(0, 500) });
    }
    tail = text.slice(-KEPT);
  }
}
