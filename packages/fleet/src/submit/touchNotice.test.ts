import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTouchNotice } from './touchNotice.js';

describe('createTouchNotice', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells the first touch at once and those that follow together, twice a second at most', async () => {
    const told: (readonly string[])[] = [];
    const notice = createTouchNotice(async (names) => told.push(names), 500);
    for (const name of ['a', 'b', 'c', 'b']) notice.touch(name);
    expect(told).toEqual([['a']]);
    await vi.advanceTimersByTimeAsync(500);
    expect(told).toEqual([['a'], ['b', 'c']]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(told).toHaveLength(2);
    notice.touch('d');
    expect(told).toHaveLength(3);
    notice.touch('e');
    await notice.stop(AbortSignal.timeout(1));
    expect(told.at(-1)).toEqual(['e']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shrugs at a notice that could not be sent', async () => {
    const notice = createTouchNotice(() => Promise.reject(new Error('away')), 500);
    notice.touch('a');
    await notice.stop(AbortSignal.timeout(1));
  });
});
