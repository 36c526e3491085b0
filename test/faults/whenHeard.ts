/**
 * Calls back when everything that the system had told this process by now was dealt with. A process that was not let run for
 * a while finds a new request beside the ends of old connections; whoever counts what is open must not count those.
 */
export function whenHeard(callback: () => void): void {
  // A connection that has ended is closed in the turn after the one that reads its end.
  setImmediate(() => setImmediate(callback));
}
