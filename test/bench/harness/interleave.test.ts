import { describe, expect, it } from 'vitest';
import { compare, interleave } from './interleave.js';
import { median } from './median.js';

describe('median', () => {
  it('is the middle, or the mean of the middle two, or nothing', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNull();
  });
});

describe('interleave', () => {
  it('throws the first pair away and lets the sides take turns in going first', async () => {
    const order: string[] = [];
    const side = (name: string) => async () => order.push(name);
    const pairs = await interleave({ ours: side('a'), reference: side('b') }, { pairs: 3, warmUps: 1 });
    expect(order.join(' ')).toBe('b a a b b a a b');
    expect(pairs).toEqual([
      { ours: 3, reference: 4 },
      { ours: 6, reference: 5 },
      { ours: 7, reference: 8 },
    ]);
  });
});

describe('compare', () => {
  it('takes the median of the ratios of pairs, not the ratio of the medians', () => {
    const pairs = [
      { ours: 10, reference: 100 },
      { ours: 50, reference: 50 },
      { ours: 20, reference: 10 },
    ];
    expect(compare(pairs, (run) => run)).toEqual({ ours: 20, reference: 50, ratio: 1 });
  });

  it('leaves out pairs in which a figure could not be measured', () => {
    expect(compare([{ ours: null, reference: 1 }], (run) => run)).toEqual({ ours: null, reference: null, ratio: null });
  });

  it('has no ratio to nothing, but the figures all the same', () => {
    expect(compare([{ ours: 5, reference: 0 }], (run) => run)).toEqual({ ours: 5, reference: 0, ratio: null });
  });
});
