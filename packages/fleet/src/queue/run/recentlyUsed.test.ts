import { describe, expect, it } from 'vitest';
import { createRecentlyUsed } from './recentlyUsed.js';

describe('createRecentlyUsed', () => {
  it('makes a value once, and keeps those that were used last', () => {
    const made: string[] = [];
    const values = createRecentlyUsed(2, (name) => {
      made.push(name);
      return name.toUpperCase();
    });
    expect([values.get('a'), values.get('b'), values.get('a'), values.get('c'), values.get('a')]).toEqual([
      'A',
      'B',
      'A',
      'C',
      'A',
    ]);
    expect(made).toEqual(['a', 'b', 'c']);
    values.get('b');
    values.forget('a');
    values.get('a');
    expect(made).toEqual(['a', 'b', 'c', 'b', 'a']);
  });
});
