/** What a watch knows between two of its own ticks. Times are of a clock that never jumps, in ms. */
export interface Watch {
  /** The beat that was seen last, and since when it is the same. */
  readonly beat: number;
  readonly sinceMs: number;
  /** When the watch itself ticked last. */
  readonly tickedMs: number;
}

/** What a tick says of the event loop that is watched. */
export type TickVerdict =
  | { readonly kind: 'well'; readonly watch: Watch }
  | { readonly kind: 'blocked'; readonly forMs: number };

/** How often the watch ticks and the loop beats, in ms. */
export const TICK_MS = 200;

/** A tick that comes this much later than it should, in ms, says that the whole process or machine stood still. */
const LATE_MS = 800;

/**
 * Whether an event loop stands still while the watch goes on. A watch whose own tick is late has stood still as well, as after
 * SIGSTOP, a suspended machine or too little CPU: it begins anew.
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
