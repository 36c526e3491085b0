import { describe, expect, it } from 'vitest';
import { readRetryAfterMs } from './retryAfter.js';

const now = Date.parse('2026-11-29T12:00:00Z');

describe('readRetryAfterMs', () => {
  it('reads whole seconds and dates', () => {
    expect(readRetryAfterMs('0', now)).toBe(0);
    expect(readRetryAfterMs(' 120 ', now)).toBe(120_000);
    expect(readRetryAfterMs('Sun, 29 Nov 2026 12:00:30 GMT', now)).toBe(30_000);
    expect(readRetryAfterMs('Sun, 29 Nov 2026 11:00:00 GMT', now)).toBe(0);
  });

  it('takes what it cannot read for none', () => {
    for (const text of [null, '', '-1', '1.5', 'soon', '2026-11-29', '5 s', 'Sun, 99 Nov 2026 12:00:30 GMT']) {
      expect(readRetryAfterMs(text, now), String(text)).toBeNull();
    }
  });
});
