/** An LRU cache that creates values on first use. */
export interface RecentlyUsed<Value> {
  get(name: string): Value;
  forget(name: string): void;
  clear(): void;
}

/** @param most maximum number of values; the least recently used one is evicted */
export function createRecentlyUsed<Value>(most: number, make: (name: string) => Value): RecentlyUsed<Value> {
  /** A Map keeps insertion order: least recently used first. */
  const kept = new Map<string, Value>();
  return {
    get(name) {
      const value = kept.get(name) ?? make(name);
      kept.delete(name);
      kept.set(name, value);
      const oldest = kept.keys().next().value;
      if (kept.size > most && oldest !== undefined) kept.delete(oldest);
      return value;
    },
    forget: (name) => void kept.delete(name),
    clear: () => kept.clear(),
  };
}
