import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derivedIdAt, isId, momentOfId } from './ids.js';

describe('derivedIdAt', () => {
  it('makes the same id for the same text, of the moment given, and others for other texts', () => {
    const moments = fc.integer({ min: 0, max: 9_999_999_999_999 });
    fc.assert(
      fc.property(fc.string(), fc.string(), moments, (text, other, atMs) => {
        const id = derivedIdAt(text, atMs);
        expect(isId(id)).toBe(true);
        expect(momentOfId(id)).toBe(atMs);
        expect(derivedIdAt(text, atMs)).toBe(id);
        if (other !== text) expect(derivedIdAt(other, atMs)).not.toBe(id);
      }),
    );
  });
});
