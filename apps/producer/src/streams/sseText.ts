/** One server-sent event. */
export interface SseMessage {
  readonly event: 'position' | 'state' | 'progress' | 'log' | 'missed' | 'done';
  /** Where a client that reconnects resumes; null when the event has no such position. */
  readonly id: string | null;
  readonly data: object;
}

/** A comment that keeps the connection alive. */
export const SSE_COMMENT = ':\n\n';

/** Sets how long a client waits to reconnect after the connection ends, in ms. */
export function sseRetry(afterMs: number): string {
  return `retry: ${afterMs}\n\n`;
}

/**
 * A message in the form of the HTML standard, section "Server-sent events". Serialised JSON contains no line breaks.
 */
export function toSseText({ event, id, data }: SseMessage): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
