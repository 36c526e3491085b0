import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32 } from './hash.js';

describe('hash32', () => {
  it('gives the same 32-bit number for the same text in every process and version', () => {
    expect(['', 'a', 'acme', 'worker|acme|1'].map(hash32)).toEqual([
      2_872_998_923, 444_641_715, 2_019_603_394, 256_247_941,
    ]);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hash = hash32(text);
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
        expect(hash32(text)).toBe(hash);
      }),
    );
  });

  it('flips about half of the bits when one character changes', () => {
    let flipped = 0;
    const pairs = 2_000;
    for (let n = 0; n < pairs; n++) {
      let difference = (hash32(`tenant-${n}|1`) ^ hash32(`tenant-${n}|2`)) >>> 0;
      for (; difference > 0; difference >>>= 1) flipped += difference & 1;
    }
    expect(flipped / pairs).toBeGreaterThan(15);
    expect(flipped / pairs).toBeLessThan(17);
  });

  it('has no collision among ten thousand names that differ by a number', () => {
    const hashes = new Set(Array.from({ length: 10_000 }, (_, n) => hash32(`tenant-${n}`)));
    // Among 10,000 of 2^32 values, 0.01 collisions are expected.
    expect(hashes.size).toBeGreaterThanOrEqual(9_999);
  });
});
