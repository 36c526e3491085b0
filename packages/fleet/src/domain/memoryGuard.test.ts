import { describe, expect, it } from 'vitest';
import { judgeMemory } from './memoryGuard.js';

describe('judgeMemory', () => {
  it('guards above the percentage of the bound, and not at it', () => {
    expect(judgeMemory([{ usedBytes: 85, maxBytes: 100 }], 85)).toEqual({ kind: 'room', share: 0.85 });
    expect(judgeMemory([{ usedBytes: 86, maxBytes: 100 }], 85)).toEqual({ kind: 'guarded', share: 0.86 });
  });

  it('judges a Cluster by its fullest master', () => {
    const uses = [
      { usedBytes: 1, maxBytes: 100 },
      { usedBytes: 99, maxBytes: 100 },
    ];
    expect(judgeMemory(uses, 85)).toEqual({ kind: 'guarded', share: 0.99 });
  });

  it('leaves room where a server has no bound, and where none could be asked', () => {
    expect(judgeMemory([{ usedBytes: 1e12, maxBytes: 0 }], 85)).toEqual({ kind: 'room', share: 0 });
    expect(judgeMemory([], 85)).toEqual({ kind: 'room', share: 0 });
  });
});
