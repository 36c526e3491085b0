/**
 * The value below which a share of the values lies, by nearest rank; null for none.
 * @param share 0..1, e.g. 0.99
 */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
