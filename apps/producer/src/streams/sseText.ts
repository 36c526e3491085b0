/** One message of a stream of server-sent events. */
export interface SseMessage {
  readonly event: 'position' | 'state' | 'progress' | 'log' | 'missed' | 'done';
  /** Where a client that comes back goes on from; left out where there is no such place. */
  readonly id: string | null;
  readonly data: object;
}

/** A comment, which keeps a connection from being taken for dead. */
export const SSE_COMMENT = ':\n\n';

/** Tells a client to come back after so long when the connection ends, in ms. */
export function sseRetry(afterMs: number): string {
  return `retry: ${afterMs}\n\n`;
}

/** A message in the form of the HTML standard, section "Server-sent events". JSON has no line breaks of its own. */
export function toSseText({ event, id, data }: SseMessage): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
