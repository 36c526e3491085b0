import { setTimeout as pause } from 'node:timers/promises';

/** Between two looks, in ms. */
const LOOK_EVERY_MS = 25;

/** What must come may take so long on a machine that others use, and a backlog that is not moved for so long stands still, in ms. */
const PATIENCE_MS = 60_000;

/**
 * Waits until a look gives something other than undefined, null or false, and returns it.
 * @param what named in the error when it does not happen within `withinMs`
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
 * Waits until nothing is left of a backlog, for as long as it falls: how fast is the machine's affair.
 * @param what named in the error when no fewer were left than before for `stuckMs`
 * @param countLeft how many are left
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
