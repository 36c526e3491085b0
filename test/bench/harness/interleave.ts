import { median } from './median.js';

/** A pair of runs, one of each side, one right after the other. */
export interface Pair<Run> {
  readonly ours: Run;
  readonly reference: Run;
}

/** Two sides that are measured in turn. */
export interface Sides<Run> {
  readonly ours: () => Promise<Run>;
  readonly reference: () => Promise<Run>;
  /** Told of every run that counts. */
  readonly onRun?: (side: keyof Pair<Run>, pair: number, run: Run) => void;
}

/**
 * Runs both sides in turn, so that whatever else the machine does falls on both: `warmUps` pairs, which are thrown away,
 * then `pairs` pairs. Every second pair is run the other way round (A B, B A, A B ...), so that neither side always
 * comes after the other.
 */
export async function interleave<Run>(
  sides: Sides<Run>,
  { pairs, warmUps }: { readonly pairs: number; readonly warmUps: number },
): Promise<Pair<Run>[]> {
  const measured: Pair<Run>[] = [];
  for (let number = 1 - warmUps; number <= pairs; number++) {
    const oursFirst = number % 2 !== 0;
    const first = await sides[oursFirst ? 'ours' : 'reference']();
    const second = await sides[oursFirst ? 'reference' : 'ours']();
    if (number < 1) continue;
    const pair = oursFirst ? { ours: first, reference: second } : { ours: second, reference: first };
    sides.onRun?.('ours', number, pair.ours);
    sides.onRun?.('reference', number, pair.reference);
    measured.push(pair);
  }
  return measured;
}

/** Medians of one figure over all pairs. */
export interface Comparison {
  readonly ours: number | null;
  readonly reference: number | null;
  /** Median of the pairs' ratios. */
  readonly ratio: number | null;
}

/** Compares one figure of both sides; pairs in which a side has none are left out. */
export function compare<Run>(pairs: readonly Pair<Run>[], figure: (run: Run) => number | null): Comparison {
  const both = pairs.flatMap(({ ours, reference }) => {
    const [a, b] = [figure(ours), figure(reference)];
    return a === null || b === null ? [] : [{ a, b }];
  });
  return {
    ours: median(both.map(({ a }) => a)),
    reference: median(both.map(({ b }) => b)),
    // There is no ratio to nothing.
    ratio: median(both.flatMap(({ a, b }) => (b === 0 ? [] : [a / b]))),
  };
}
