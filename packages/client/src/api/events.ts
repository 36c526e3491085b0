import type { Transport } from '../http/transport.js';
import { SluiceError } from '../sluiceError.js';
import type { Followed, SseEvent } from '../sse/followStream.js';
import { followStream } from '../sse/followStream.js';

/** Where to begin and when to stop. */
export interface EventsOptions {
  /** `lastEventId` of the last event that was handled; what happened since comes first. */
  readonly lastEventId?: string | undefined;
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a stream of typed events. Types that are not known are skipped: a newer server may send them.
 * @throws SluiceError `bad_answer` for data that is not JSON
 */
export async function* readEvents<Event>(
  transport: Transport,
  followed: Followed,
  known: ReadonlySet<string>,
): AsyncGenerator<Event, void, undefined> {
  for await (const event of followStream(transport, followed)) {
    if (!known.has(event.type)) continue;
    yield { type: event.type, lastEventId: event.lastEventId, data: parse(event) } as Event;
    if (event.type === 'done') return;
  }
}

function parse({ data }: SseEvent): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new SluiceError({ status: null, code: 'bad_answer', detail: 'An event is not JSON.', cause });
  }
}
