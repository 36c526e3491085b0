/** Looks things up and remembers each answer, also "there is none", for less than `ttlMs`. */
export interface ShortCache<Found> {
  (key: string): Promise<Found>;
  /** What is known of a key may have changed: the next call asks anew. */
  forget(key: string): void;
}

/** Answers that are remembered at most; the oldest go first. */
const MAX_ENTRIES = 10_000;

/**
 * A cache whose answers are never older than `ttlMs`, counted from before the question was asked. Callers that ask for
 * the same at once share one question. A question that failed is not remembered.
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
