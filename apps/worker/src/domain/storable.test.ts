import { describe, expect, it } from 'vitest';
import { toStorableJson } from './storable.js';

describe('toStorableJson', () => {
  it('drops NUL and repairs halves of surrogate pairs, in keys as in values', () => {
    expect(toStorableJson({ 'a\0b': ['c\0', '\ud800'], ok: { '\udc00': 1 } })).toEqual({
      ab: ['c', '\ufffd'],
      ok: { '\ufffd': 1 },
    });
  });

  it('keeps a key named __proto__ as an ordinary one', () => {
    const stored = toStorableJson(JSON.parse('{"__proto__":{"a":1}}'));
    expect(Object.keys(stored as object)).toEqual(['__proto__']);
  });

  it('refuses what is nested deeper than 100 levels', () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
    expect(toStorableJson(nested(100))).toEqual(nested(100));
    expect(() => toStorableJson(nested(101))).toThrow('deeper than 100');
  });
});
