import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differingWeights } from './differingWeights.js';

const weights = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 2, max: 100 })))
  .map((pairs) => new Map<string, number>(pairs));

describe('differingWeights', () => {
  it('names what is missing, what differs, and what the ledger does not know any more', () => {
    const truth = new Map([
      ['missing', 5],
      ['differs', 7],
      ['same', 9],
    ]);
    const copy = new Map([
      ['differs', 6],
      ['same', 9],
      ['gone', 3],
    ]);
    expect([...differingWeights(truth, copy)]).toEqual([
      ['missing', 5],
      ['differs', 7],
      ['gone', 1],
    ]);
  });

  it('makes the copy equal to the ledger, whatever both hold', () => {
    fc.assert(
      fc.property(weights, weights, (truth, copy) => {
        const repaired = new Map(copy);
        for (const [tenant, weight] of differingWeights(truth, copy)) {
          if (weight === 1) repaired.delete(tenant);
          else repaired.set(tenant, weight);
        }
        expect(new Map([...repaired].sort())).toEqual(new Map([...truth].sort()));
      }),
    );
  });
});
