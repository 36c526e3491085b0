/**
 * Whether a value's JSON certainly has at most this many characters. Does not serialize it, so an oversized value costs
 * no more than one that fits. Values that JSON omits, and values with a `toJSON` method, are counted as they are. Pure.
 */
export function fitsInJson(value: unknown, maxCharacters: number): boolean {
  return spend(value, maxCharacters) >= 0;
}

/** The remaining budget after a value; negative when it does not fit. */
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

/** An escaped character takes up to six, which is counted only when the text might not fit otherwise. */
function spendText(text: string, budget: number): number {
  if (text.length > budget) return -1;
  return budget - (text.length * 6 + 2 <= budget ? text.length * 6 + 2 : JSON.stringify(text).length);
}
