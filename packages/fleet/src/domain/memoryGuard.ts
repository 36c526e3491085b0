/** Memory use of a Redis server, as it counts it against `maxmemory`. */
export interface MemoryUse {
  readonly usedBytes: number;
  /** Its `maxmemory`; 0 when unlimited. */
  readonly maxBytes: number;
}

/** Whether jobs may be added. Memory above the guard is reserved for jobs that must still finish. */
export type MemoryVerdict =
  | { readonly kind: 'room'; readonly share: number }
  | { readonly kind: 'guarded'; readonly share: number };

/**
 * Decides by the fullest server, since a job cannot choose its server. Pure.
 * @param uses memory use of every server that holds data; adds are allowed if there is none, or none with a limit
 * @param guardPercent percentage of `maxmemory` above which no jobs are added
 * @returns the verdict, and the fullest server's use of its limit from 0 to 1
 */
export function judgeMemory(uses: readonly MemoryUse[], guardPercent: number): MemoryVerdict {
  const shares = uses.map(({ usedBytes, maxBytes }) => (maxBytes > 0 ? usedBytes / maxBytes : 0));
  const share = Math.max(0, ...shares);
  return { kind: share * 100 > guardPercent ? 'guarded' : 'room', share };
}
