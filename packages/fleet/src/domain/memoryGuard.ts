/** How much memory a Redis server holds, as it counts it against its own bound. */
export interface MemoryUse {
  readonly usedBytes: number;
  /** Its `maxmemory`; 0 when it has none. */
  readonly maxBytes: number;
}

/** Whether jobs may be added. Above the guard the rest of the memory belongs to the jobs that must still finish. */
export type MemoryVerdict =
  | { readonly kind: 'room'; readonly share: number }
  | { readonly kind: 'guarded'; readonly share: number };

/**
 * Judges by the fullest server: a job cannot choose the one that it goes to. Pure.
 * @param uses of every server that holds data; none, or none with a bound, leaves room
 * @param guardPercent of `maxmemory`, above which nothing more is added
 * @returns the verdict, and the fullest server's share of its bound from 0 to 1
 */
export function judgeMemory(uses: readonly MemoryUse[], guardPercent: number): MemoryVerdict {
  const shares = uses.map(({ usedBytes, maxBytes }) => (maxBytes > 0 ? usedBytes / maxBytes : 0));
  const share = Math.max(0, ...shares);
  return { kind: share * 100 > guardPercent ? 'guarded' : 'room', share };
}
