import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';

/** Looks things up; what is fresh is given at once, without a promise. */
export type StaleLookup<Found> = (key: string) => Found | null | Promise<Found | null>;

/** Keys of which the last finding is remembered; the oldest go first. */
const MAX_ENTRIES = 10_000;

/** Longest that a known key waits for a ledger before what was found last is taken, in ms. */
const PATIENCE_MS = 1_000;

/** For so long after a question failed the next ones do not wait for theirs, in ms; and they ask no oftener than this. */
const AWAY_MS = 1_000;
const ASK_EVERY_MS = 250;

/**
 * Looks things up, and takes what was found last, for `staleMs` at most, when the ledger does not answer. What the ledger
 * answers is always believed at once, so that a revocation holds as soon as it can be heard of. "There is none" is not kept.
 * @param find rejects with `unavailable` when the ledger is away; may remember its answers for a moment
 * @param freshMs so long after it was asked for, nobody asks again
 * @param staleMs 0 for never
 */
export function createStaleLookup<Found>(
  find: (key: string) => Promise<Found | null>,
  { freshMs, staleMs }: { readonly freshMs: number; readonly staleMs: number },
  now: () => number,
): StaleLookup<Found> {
  const last = new Map<string, { readonly found: Found; readonly atMs: number }>();
  let awayUntilMs = Number.NEGATIVE_INFINITY;
  let askAtMs = 0;

  async function ask(key: string): Promise<Found | null> {
    const atMs = now();
    const found = await find(key);
    awayUntilMs = Number.NEGATIVE_INFINITY;
    // The very answer that is known already, from the memory of `find`: it is no younger for that.
    if (found !== null && last.get(key)?.found === found) return found;
    last.delete(key);
    if (found !== null) {
      last.set(key, { found, atMs });
      const [oldest] = last.size > MAX_ENTRIES ? last.keys() : [];
      if (oldest !== undefined) last.delete(oldest);
    }
    return found;
  }

  async function askInTime(key: string): Promise<Found | null> {
    try {
      return await within(PATIENCE_MS, ask(key), () => new FleetError('unavailable', 'The ledger does not answer.'));
    } catch (error) {
      if (isAway(error)) awayUntilMs = now() + AWAY_MS;
      throw error;
    }
  }

  /** What was found last, while the ledger is known to be away; it is asked on, and nobody waits for that. */
  function takeStale(key: string, found: Found): Found {
    if (now() >= askAtMs) {
      askAtMs = now() + ASK_EVERY_MS;
      askInTime(key).catch(() => undefined);
    }
    return found;
  }

  async function askOrTakeStale(key: string, found: Found): Promise<Found | null> {
    if (now() < awayUntilMs) return takeStale(key, found);
    try {
      return await askInTime(key);
    } catch (error) {
      if (isAway(error)) return found;
      throw error;
    }
  }

  return (key) => {
    const known = last.get(key);
    if (known === undefined) return ask(key);
    const ageMs = now() - known.atMs;
    if (ageMs < freshMs) return known.found;
    return ageMs > staleMs ? ask(key) : askOrTakeStale(key, known.found);
  };
}

function isAway(error: unknown): boolean {
  return error instanceof FleetError && error.code === 'unavailable';
}
