import { describe, expect, it } from 'vitest';
import { createMemoryBudget } from './memoryBudget.js';

describe('createMemoryBudget', () => {
  it('is exhausted by number and by bytes, whichever comes first, and has capacity again after a release', () => {
    const budget = createMemoryBudget({ items: 3, bytes: 100 });
    expect([budget.reserve(40), budget.reserve(40), budget.reserve(40)]).toEqual([true, true, false]);
    expect([budget.reserve(20), budget.reserve(0)]).toEqual([true, false]);
    budget.release(40);
    expect([budget.reserve(41), budget.reserve(40)]).toEqual([false, true]);
  });

  it('admits one item that is larger than the whole limit, alone', () => {
    const budget = createMemoryBudget({ items: 3, bytes: 100 });
    expect([budget.reserve(500), budget.reserve(1)]).toEqual([true, false]);
    budget.release(500);
    expect(budget.reserve(1)).toBe(true);
  });

  it('holds memory while work runs, and releases it when the work fails', async () => {
    const budget = createMemoryBudget({ items: 1, bytes: 100 });
    let fail = (_error: Error): void => undefined;
    const failing = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    const held = budget.hold(10, () => failing);
    await expect(budget.hold(10, async () => 'never run')).rejects.toMatchObject({ code: 'unavailable' });
    fail(new Error('broken'));
    await expect(held).rejects.toThrow('broken');
    expect(await budget.hold(10, async () => 'run')).toBe('run');
  });
});
