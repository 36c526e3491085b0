import { readTraceparent } from '@sluice/shared/domain/traceparent';

/** Maximum length of a plain client's metadata, in characters: it may hold its own trace state besides the context. */
const MAX_LENGTH = 4_096;

/** Encodes a trace context as `bullmq-otel` stores it in a job's options: JSON of the propagated headers. */
export function toTraceMetadata(traceparent: string): string {
  return JSON.stringify({ traceparent });
}

/** The trace context a job was added with, by Sluice or by a plain client with `bullmq-otel`; null when it has none. */
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
