import { describe, expect, test } from 'vitest';
import { readOptions } from './options.js';

describe('readOptions', () => {
  test('runs once, with a table, unless told otherwise', () => {
    expect(readOptions([])).toEqual({ kind: 'run', options: { scene: 'webhooks', keep: false, json: false, seed: 1 } });
    expect(readOptions(['--keep', '--json', '--seed', '7'])).toEqual({
      kind: 'run',
      options: { scene: 'webhooks', keep: true, json: true, seed: 7 },
    });
  });

  test('shows the quota when it is named, and nothing else', () => {
    expect(readOptions(['quota', '--json'])).toMatchObject({ options: { scene: 'quota', json: true } });
    expect(readOptions(['quotas'])).toEqual({ kind: 'wrong', why: 'there is no demo "quotas"' });
  });

  test('says what is wrong', () => {
    expect(readOptions(['--help'])).toEqual({ kind: 'help' });
    expect(readOptions(['--seed', 'x'])).toEqual({ kind: 'wrong', why: '--seed must be a whole number' });
    expect(readOptions(['--fast'])).toMatchObject({ kind: 'wrong', why: expect.stringContaining('--fast') });
  });
});
