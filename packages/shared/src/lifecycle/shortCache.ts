/** A cache that keeps each result, including "does not exist", for less than `ttlMs`. */
export interface ShortCache<Found> {
  (key: string): Promise<Found>;
  /** Invalidates a key that may have changed: the next call loads it again. */
  forget(key: string): void;
}

/** Maximum number of cached results; the oldest are evicted first. */
const MAX_ENTRIES = 10_000;

/**
 * A cache whose results are never older than `ttlMs`, measured from the start of the lookup. Concurrent callers for one
 * key share a lookup. Failed lookups are not cached.
 */
export function createShortCache<Found>(
  ask: (key: string) => Promise<Found>,
  ttlMs: number,
  now: () => number,
): ShortCache<Found> {
  const entries = new Map<string, { readonly askedAt: number; readonly answer: Promise<Found> }>();

  function dropOld(): void {
    for (const [key, { askedAt }] of entries) {
      if (entries.size <= MAX_ENTRIES && now() - askedAt < ttlMs) return;
      entries.delete(key);
    }
  }

  function find(key: string): Promise<Found> {
    dropOld();
    const known = entries.get(key);
    if (known !== undefined) return known.answer;
    const answer = ask(key);
    const entry = { askedAt: now(), answer };
    entries.set(key, entry);
    answer.catch(() => {
      if (entries.get(key) === entry) entries.delete(key);
    });
    return answer;
  }

  return Object.assign(find, {
    forget(key: string) {
      entries.delete(key);
    },
  });
}
