import { readTraceparent } from '@sluice/shared/domain/traceparent';

/** Longest metadata of a plain client that is read, in characters: its own trace state may be beside the trace context. */
const MAX_LENGTH = 4_096;

/** A trace context as `bullmq-otel` writes it into a job's options and reads it there: JSON of the propagated headers. */
export function toTraceMetadata(traceparent: string): string {
  return JSON.stringify({ traceparent });
}

/** The trace context that a job was added with, by us or by a plain client with `bullmq-otel`; null when it has none. */
export function fromTraceMetadata(metadata: unknown): string | null {
  if (typeof metadata !== 'string' || metadata.length > MAX_LENGTH) return null;
  try {
    const headers: unknown = JSON.parse(metadata);
    return typeof headers === 'object' && headers !== null && 'traceparent' in headers
      ? readTraceparent(headers.traceparent)
      : null;
  } catch {
    return null;
  }
}
