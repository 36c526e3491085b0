/**
 * Calls back once all I/O events pending now have been processed. A process that was paused for a while receives a new
 * request together with the ends of old connections; a count of open requests must not include those.
 */
export function whenHeard(callback: () => void): void {
  // A connection that has ended is closed one event-loop iteration after its end is read.
  setImmediate(() => setImmediate(callback));
}
