import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsInJson } from './jsonSize.js';

describe('fitsInJson', () => {
  it('never lets through what is longer as JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(400), (value, max) => {
        if (fitsInJson(value, max)) expect(JSON.stringify(value).length).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('lets through what handlers usually say, and nothing that refers to itself', () => {
    expect(fitsInJson({ done: 120, of: 400, note: 'reading page 3' }, 2_000)).toBe(true);
    expect(fitsInJson(42, 2_000)).toBe(true);
    expect(fitsInJson('x'.repeat(1_900), 2_000)).toBe(true);
    expect(fitsInJson('x'.repeat(200_000), 2_000)).toBe(false);
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(fitsInJson(circle, 2_000)).toBe(false);
  });
});
