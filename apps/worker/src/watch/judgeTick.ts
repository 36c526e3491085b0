/** The watchdog's state between two of its ticks. Times are monotonic, in ms. */
export interface Watch {
  /** The last beat seen, and since when it has been unchanged. */
  readonly beat: number;
  readonly sinceMs: number;
  /** When the watchdog itself last ticked. */
  readonly tickedMs: number;
}

/** A tick's verdict on the watched event loop. */
export type TickVerdict =
  | { readonly kind: 'well'; readonly watch: Watch }
  | { readonly kind: 'blocked'; readonly forMs: number };

/** Interval of the watchdog's ticks and the loop's beats, in ms. */
export const TICK_MS = 200;

/** A tick that is this late, in ms, means that the whole process or machine stood still. */
const LATE_MS = 800;

/**
 * Decides whether an event loop is blocked while the watchdog runs. A watchdog whose own tick is late has stood still
 * as well, as after SIGSTOP, a suspended machine or CPU starvation: it starts over.
 * @param before null at the first tick
 */
export function judgeTick(
  before: Watch | null,
  seen: { readonly nowMs: number; readonly beat: number },
  blockedMs: number,
): TickVerdict {
  const { nowMs, beat } = seen;
  const late = before !== null && nowMs - before.tickedMs > TICK_MS + LATE_MS;
  if (before === null || late || beat !== before.beat) {
    return { kind: 'well', watch: { beat, sinceMs: nowMs, tickedMs: nowMs } };
  }
  const forMs = nowMs - before.sinceMs;
  if (forMs >= blockedMs) return { kind: 'blocked', forMs };
  return { kind: 'well', watch: { ...before, tickedMs: nowMs } };
}
