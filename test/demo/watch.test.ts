import { describe, expect, test } from 'vitest';
import { lineOf } from './watch.js';

const SIGHT = { seconds: 7, accepted: 987, waiting: 400, active: 9, done: 570, retried: 80, dead: 8 };

describe('lineOf', () => {
  test('names tenants with more than one worker, most first, and counts the others together', () => {
    const workers = new Map([
      ['small', 1],
      ['middle', 2],
      ['large', 5],
    ]);
    expect(lineOf({ ...SIGHT, workers })).toBe(
      '  7 s  accepted 987  waiting 400  active 9  done 570  retried 80  dead 8  |  workers: large 5, middle 2, others 1',
    );
  });

  test('says so when every tenant has one, or none is known', () => {
    expect(lineOf({ ...SIGHT, workers: new Map([['small', 1]]) })).toMatch(/workers: every tenant 1$/);
    expect(lineOf({ ...SIGHT, workers: new Map() })).toMatch(/workers: none yet$/);
  });
});
