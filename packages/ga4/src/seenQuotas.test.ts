import { expect, it } from 'vitest';
import { readPropertyQuota } from './ga4Quota.js';
import { createSeenQuotas } from './seenQuotas.js';

it('the quotas that were told last are remembered, of as many properties as there is room for', () => {
  const quota = readPropertyQuota({});
  if (quota === null) throw new Error('no quota');
  const seen = createSeenQuotas(2);
  seen.note('a', { quota, atMs: 1 });
  seen.note('b', { quota, atMs: 2 });
  seen.note('a', { quota, atMs: 3 });
  seen.note('c', { quota, atMs: 4 });
  expect(['a', 'b', 'c'].map((property) => seen.latest(property)?.atMs)).toEqual([3, undefined, 4]);
});
