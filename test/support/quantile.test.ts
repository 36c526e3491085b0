import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantile } from './quantile.js';

describe('a quantile', () => {
  it('is one of the values, and no more than its share of them is above', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const found = quantile(values, share) ?? Number.NaN;
          expect(values).toContain(found);
          expect(values.filter((value) => value > found).length).toBeLessThanOrEqual(
            (1 - share) * values.length + 1e-9,
          );
        },
      ),
    );
  });
});
