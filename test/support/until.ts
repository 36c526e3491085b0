import { setTimeout as pause } from 'node:timers/promises';

/** Poll interval, in ms. */
const LOOK_EVERY_MS = 25;

/** Timeout for an expected event on a shared machine, and for a backlog that does not shrink, in ms. */
const PATIENCE_MS = 60_000;

/**
 * Polls until the result is not undefined, null or false, and returns it.
 * @param what named in the error when that does not happen within `withinMs`
 */
export async function until<Seen>(
  what: string,
  look: () => Promise<Seen | undefined | null | false> | Seen | undefined | null | false,
  withinMs = PATIENCE_MS,
): Promise<Seen> {
  const end = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}

/**
 * Waits until a backlog is empty, for as long as it shrinks: how fast depends on the machine.
 * @param what named in the error when the backlog has not shrunk for `stuckMs`
 * @param countLeft returns the size of the backlog
 */
export async function untilDrained(
  what: string,
  countLeft: () => Promise<number> | number,
  { stuckMs = PATIENCE_MS, lookEveryMs = LOOK_EVERY_MS } = {},
): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let movedMs = performance.now();
  for (;;) {
    const left = await countLeft();
    if (left === 0) return;
    if (left < least) {
      least = left;
      movedMs = performance.now();
    }
    if (performance.now() - movedMs > stuckMs)
      throw new Error(`${what}: ${least} are left, and no fewer after ${stuckMs} ms`);
    await pause(lookEveryMs);
  }
}
