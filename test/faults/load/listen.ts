import { setTimeout as pause } from 'node:timers/promises';
import type { Book } from './book.js';
import type { Caller } from './caller.js';
import { foreignCanary } from './canary.js';

/** What listening rests on. */
export interface ListenParts {
  readonly caller: Caller;
  readonly nextFront: () => string;
  readonly book: Book;
  /** Ends it. */
  readonly stop: AbortSignal;
}

const PATH = '/api/v1/events';

/** Between two tries, in ms. */
const PAUSE_MS = 500;

/** So much of a stream is looked through at a time, in characters: more than a canary that lies between two pieces. */
const KEPT = 200;

/** Listens to a tenant's own stream until it is told to stop, again whenever it ends, and looks through all that it tells. */
export async function listen(parts: ListenParts): Promise<void> {
  const { stop } = parts;
  while (!stop.aborted) {
    // A stream ends when its producer does, or is refused when there are too many: that is no matter here.
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
