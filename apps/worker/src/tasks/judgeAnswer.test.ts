import { describe, expect, test } from 'vitest';
import { judgeAnswer } from './judgeAnswer.js';

describe('judgeAnswer', () => {
  test.each([200, 201, 202, 204, 299])('takes %i for delivered', (status) => {
    expect(judgeAnswer(status, null)).toEqual({ kind: 'delivered' });
  });

  test('waits for as long as 429 and 503 ask', () => {
    expect(judgeAnswer(429, 3_000)).toEqual({ kind: 'paced', retryAfterMs: 3_000 });
    expect(judgeAnswer(429, null)).toEqual({ kind: 'paced', retryAfterMs: null });
    expect(judgeAnswer(503, 0)).toEqual({ kind: 'paced', retryAfterMs: 0 });
  });

  test.each([408, 425, 500, 502, 503, 504, 599])('tries again after %i', (status) => {
    expect(judgeAnswer(status, null)).toEqual({ kind: 'failed' });
  });

  test.each([301, 302, 307, 308, 400, 401, 403, 404, 410, 422])('gives up for good on %i', (status) => {
    expect(judgeAnswer(status, 1_000)).toEqual({ kind: 'refused' });
  });
});
