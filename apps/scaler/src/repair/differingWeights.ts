/**
 * Returns the weights to write to the copy so that it matches the ledger. Pure.
 * @param truth weights in the ledger, without those of weight 1
 * @param copy weights in Redis, likewise
 */
export function differingWeights(
  truth: ReadonlyMap<string, number>,
  copy: ReadonlyMap<string, number>,
): Map<string, number> {
  const differing = new Map<string, number>();
  for (const [tenant, weight] of truth) if (copy.get(tenant) !== weight) differing.set(tenant, weight);
  for (const tenant of copy.keys()) if (!truth.has(tenant)) differing.set(tenant, 1);
  return differing;
}
