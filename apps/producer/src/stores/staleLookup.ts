import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';

/** Looks a key up; returns a fresh entry synchronously, without a promise. */
export type StaleLookup<Found> = (key: string) => Found | null | Promise<Found | null>;

/** Maximum number of cached entries; the oldest are evicted first. */
const MAX_ENTRIES = 10_000;

/** How long the lookup of a known key waits for the ledger before it uses the cached entry, in ms. */
const PATIENCE_MS = 1_000;

/** For this long after a failed query, lookups do not wait for theirs, and query at most this often, in ms. */
const AWAY_MS = 1_000;
const ASK_EVERY_MS = 250;

/**
 * Looks keys up, and falls back to the cached entry, for at most `staleMs`, when the ledger does not respond. The
 * ledger's response always replaces the entry immediately, so that a revocation applies as soon as it can be read. "Not
 * found" is not cached.
 * @param find rejects with `unavailable` when the ledger is down; may cache its results briefly
 * @param freshMs how long after a query the key is not queried again
 * @param staleMs 0 disables the fallback
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
    // The same object as before comes from the cache of `find`, so it is no fresher.
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

  /** The cached entry, while the ledger is known to be down; queries continue in the background. */
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
