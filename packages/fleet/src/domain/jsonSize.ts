/**
 * Whether a value is certainly no longer than so many characters as JSON, without making the JSON: what is far too large costs
 * no more than what fits. Values that JSON leaves out, or that say themselves how they are written, are counted as they stand.
 * Pure.
 */
export function fitsInJson(value: unknown, maxCharacters: number): boolean {
  return spend(value, maxCharacters) >= 0;
}

/** What is left of a budget after a value; below 0 when it does not fit. */
function spend(value: unknown, budget: number): number {
  if (budget < 0) return budget;
  if (typeof value === 'string') return spendText(value, budget);
  if (typeof value !== 'object' || value === null) return budget - 24;
  let left = budget - 2;
  if (Array.isArray(value)) {
    for (const item of value) {
      left = spend(item, left - 1);
      if (left < 0) return left;
    }
    return left;
  }
  for (const key of Object.keys(value)) {
    left = spend((value as Record<string, unknown>)[key], spendText(key, left - 2));
    if (left < 0) return left;
  }
  return left;
}

/** A character is written as six at most, which is only counted where the text might not fit otherwise. */
function spendText(text: string, budget: number): number {
  if (text.length > budget) return -1;
  return budget - (text.length * 6 + 2 <= budget ? text.length * 6 + 2 : JSON.stringify(text).length);
}
