import { expect, it } from 'vitest';
import { judgeEpoch } from './epoch.js';

it('takes a bucket for emptied only when the ledger knows of an epoch that Redis does not have', () => {
  expect(judgeEpoch('a', 'a')).toBe('kept');
  expect(judgeEpoch('a', 'b')).toBe('lost');
  expect(judgeEpoch('a', null)).toBe('lost');
  expect(judgeEpoch(null, null)).toBe('unmarked');
  expect(judgeEpoch(null, 'b')).toBe('unmarked');
});
