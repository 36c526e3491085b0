import { until } from './until.js';

/** One event as a client receives it. */
export interface StreamedEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: Record<string, unknown>;
}

/** A client that reads a stream of server-sent events. */
export interface EventStream {
  readonly status: number;
  readonly events: readonly StreamedEvent[];
  /** Resolves with the first event that matches. */
  seen(what: string, holds: (event: StreamedEvent) => boolean): Promise<StreamedEvent>;
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Opens a stream and reads it continuously.
 * @param heard called with each event as it arrives
 */
export async function openEventStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  heard: (event: StreamedEvent) => void = () => undefined,
): Promise<EventStream> {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  const events: StreamedEvent[] = [];
  return {
    status: response.status,
    events,
    seen: (what, holds) => until(what, () => events.find(holds) ?? null, 30_000),
    ended: read(response, (event) => {
      events.push(event);
      heard(event);
    }).catch(() => undefined),
    close: () => leaving.abort(),
  };
}

async function read(response: Response, heard: (event: StreamedEvent) => void): Promise<void> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== null) heard(event);
    }
  }
}

function parseBlock(block: string): StreamedEvent | null {
  const fields = new Map(block.split('\n').map((line) => line.split(': ', 2) as [string, string]));
  const event = fields.get('event');
  const line = block.split('\n').find((one) => one.startsWith('data: '));
  if (event === undefined || line === undefined) return null;
  return { event, id: fields.get('id') ?? null, data: JSON.parse(line.slice(6)) as Record<string, unknown> };
}
