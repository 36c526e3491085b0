import { partAt, recentOf } from './recentParts.js';

/** Smallest wait distinguished from zero, in s, and the growth factor between bucket bounds. */
const LEAST_SECONDS = 0.001;
const GROWTH = 1.05;

/** Maximum bucket: about a month. */
const MAX_BUCKET = 450;

/** The exported percentiles, by their label values. */
export const PERCENTILES = ['p50', 'p90', 'p95', 'p99'] as const;

/** Percentiles of waits, in s. */
export type WaitPercentiles = Readonly<Record<(typeof PERCENTILES)[number], number>>;

/**
 * Percentiles of recent waits, over the last five minutes to within half a minute, each overestimated by at most a
 * twentieth. Waits are counted in buckets with exponentially growing bounds, so that memory stays small however many
 * there are.
 */
export class RecentWaits {
  readonly #parts = new Map<number, Map<number, number>>();

  note(seconds: number, nowMs: number): void {
    const number = partAt(nowMs);
    const part = this.#parts.get(number) ?? new Map<number, number>();
    this.#parts.set(number, part);
    const bucket = bucketOf(seconds);
    part.set(bucket, (part.get(bucket) ?? 0) + 1);
  }

  /** The percentiles, in s; null when nothing was recorded. */
  at(nowMs: number): WaitPercentiles | null {
    const counts = new Map<number, number>();
    let all = 0;
    for (const part of recentOf(this.#parts, nowMs)) {
      for (const [bucket, count] of part) {
        counts.set(bucket, (counts.get(bucket) ?? 0) + count);
        all += count;
      }
    }
    if (all === 0) return null;
    const ascending = [...counts].sort(([left], [right]) => left - right);
    const at = (share: number): number => boundAt(ascending, share * all);
    return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
  }
}

function bucketOf(seconds: number): number {
  if (!(seconds > 0)) return -1;
  const bucket = Math.ceil(Math.log(seconds / LEAST_SECONDS) / Math.log(GROWTH));
  return Math.min(Math.max(bucket, 0), MAX_BUCKET);
}

/** Bound of the first bucket whose cumulative count reaches the rank. */
function boundAt(ascending: readonly (readonly [bucket: number, count: number])[], rank: number): number {
  let seen = 0;
  let last = -1;
  for (const [bucket, count] of ascending) {
    last = bucket;
    seen += count;
    if (seen >= rank) break;
  }
  return last < 0 ? 0 : LEAST_SECONDS * GROWTH ** last;
}
