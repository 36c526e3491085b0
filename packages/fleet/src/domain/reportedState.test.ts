import { describe, expect, it } from 'vitest';
import { isLater, wasRevived } from './reportedState.js';

describe('isLater', () => {
  it('lets nothing follow an end, and an end follow everything else', () => {
    expect(isLater({ state: 'queued', attempt: 9 }, { state: 'dead', attempt: 4 })).toBe(false);
    expect(isLater({ state: 'cancelled', attempt: 0 }, { state: 'active', attempt: 4 })).toBe(true);
    expect(isLater({ state: 'accepted', attempt: 0 }, null)).toBe(true);
  });

  it('goes by the start, and within one from running to waiting again', () => {
    expect(isLater({ state: 'active', attempt: 2 }, { state: 'queued', attempt: 1 })).toBe(true);
    expect(isLater({ state: 'retrying', attempt: 1 }, { state: 'active', attempt: 1 })).toBe(true);
    expect(isLater({ state: 'active', attempt: 1 }, { state: 'retrying', attempt: 1 })).toBe(false);
  });
});

describe('wasRevived', () => {
  it('is so for a death that a job has left behind, and for no other end', () => {
    const dead = { state: 'dead', attempt: 4 } as const;
    expect(wasRevived(dead, { state: 'accepted', attempt: 4 })).toBe(true);
    expect(wasRevived(dead, { state: 'completed', attempt: 5 })).toBe(true);
    expect(wasRevived(dead, { state: 'dead', attempt: 8 })).toBe(true);
    expect(wasRevived(dead, dead)).toBe(false);
    expect(wasRevived({ state: 'cancelled', attempt: 0 }, { state: 'cancelled', attempt: 4 })).toBe(false);
  });
});
