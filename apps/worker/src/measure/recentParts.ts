/** What counts as recent, the last five minutes, is kept in so many parts. */
const PARTS = 10;

/** Length of a part, in ms. */
const PART_MS = 30_000;

/** Number of the part that a moment is in. */
export function partAt(nowMs: number): number {
  return Math.floor(nowMs / PART_MS);
}

/** What was kept of the recent parts; what is older is dropped. */
export function recentOf<Part>(parts: Map<number, Part>, nowMs: number): Part[] {
  const oldest = partAt(nowMs) - PARTS + 1;
  for (const number of parts.keys()) if (number < oldest) parts.delete(number);
  return [...parts.values()];
}
