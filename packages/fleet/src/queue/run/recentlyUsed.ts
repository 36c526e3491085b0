/** Values that are made when they are first asked for, of which the recently used are kept. */
export interface RecentlyUsed<Value> {
  get(name: string): Value;
  forget(name: string): void;
  clear(): void;
}

/** @param most values that are kept; the one that was asked for longest ago makes room */
export function createRecentlyUsed<Value>(most: number, make: (name: string) => Value): RecentlyUsed<Value> {
  /** A Map keeps the order in which keys were set: the longest unused first. */
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
