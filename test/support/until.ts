import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until a look gives something other than undefined, null or false, and returns it.
 * @param what named in the error when it does not happen within `withinMs`
 */
export async function until<Seen>(
  what: string,
  look: () => Promise<Seen | undefined | null | false> | Seen | undefined | null | false,
  withinMs = 20_000,
): Promise<Seen> {
  const end = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await pause(25);
  }
}
