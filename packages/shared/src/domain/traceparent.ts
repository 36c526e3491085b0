const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A valid trace context, or null: one that violates the format of W3C Trace Context is ignored. */
export function readTraceparent(text: unknown): string | null {
  return typeof text === 'string' && TRACEPARENT.test(text) ? text : null;
}
