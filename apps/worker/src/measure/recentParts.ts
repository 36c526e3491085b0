/** The recent past, the last five minutes, is divided into this many parts. */
const PARTS = 10;

/** Length of a part, in ms. */
const PART_MS = 30_000;

/** Number of the part that contains a time. */
export function partAt(nowMs: number): number {
  return Math.floor(nowMs / PART_MS);
}

/** The entries of the recent parts; older ones are dropped. */
export function recentOf<Part>(parts: Map<number, Part>, nowMs: number): Part[] {
  const oldest = partAt(nowMs) - PARTS + 1;
  for (const number of parts.keys()) if (number < oldest) parts.delete(number);
  return [...parts.values()];
}
