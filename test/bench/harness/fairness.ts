/**
 * Jain's index of fairness, (sum x)^2 / (n * sum x^2): 1 when all have the same, 1/n when one has everything; null for
 * none. Jain, Chiu, Hawe: "A Quantitative Measure of Fairness", DEC-TR-301, 1984.
 */
export function jainIndex(shares: readonly number[]): number | null {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? null : (sum * sum) / (shares.length * squares);
}

/** How far the share of any is from its weight, as a part of what it should have, e.g. 0.05; null for none. */
export function largestDeviation(shares: readonly number[], weights: readonly number[]): number | null {
  const sum = shares.reduce((total, share) => total + share, 0);
  const weight = weights.reduce((total, one) => total + one, 0);
  if (sum === 0 || weight === 0) return null;
  return Math.max(...shares.map((share, i) => Math.abs(share / sum / ((weights[i] ?? 1) / weight) - 1)));
}
