import { describe, expect, test } from 'vitest';
import { MAX_RETRY_AFTER_MS } from '../domain/retry.js';
import { readRetryAfterMs } from './retryAfter.js';

const NOW_MS = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('readRetryAfterMs', () => {
  test.each([
    ['0', 0],
    ['1', 1_000],
    [' 120 ', 120_000],
    ['99999999999999999999', MAX_RETRY_AFTER_MS],
    ['Sun, 06 Nov 1994 08:49:47 GMT', 10_000],
    ['Sunday, 06-Nov-94 08:49:47 GMT', 10_000],
    ['Sun Nov  6 08:49:47 1994', 10_000],
    ['Sun, 06 Nov 1994 08:49:07 GMT', 0],
    ['Mon, 06 Nov 2034 08:49:37 GMT', MAX_RETRY_AFTER_MS],
  ])('reads %j as %i ms', (header, waitMs) => {
    expect(readRetryAfterMs(header, NOW_MS)).toBe(waitMs);
  });

  test.each([undefined, '', '-1', '1.5', 'soon', 'Sunday', '1994-11-06T08:49:47Z'])('finds nothing in %j', (header) => {
    expect(readRetryAfterMs(header, NOW_MS)).toBeNull();
  });
});
