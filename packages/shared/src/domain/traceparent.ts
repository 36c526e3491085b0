const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A trace context that may be carried on, or null: one that breaks the form of W3C Trace Context is as good as none. */
export function readTraceparent(text: unknown): string | null {
  return typeof text === 'string' && TRACEPARENT.test(text) ? text : null;
}
