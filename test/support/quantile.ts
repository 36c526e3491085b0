/**
 * The nearest-rank quantile of the values; null when there are none.
 * @param share 0..1, e.g. 0.99
 */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
