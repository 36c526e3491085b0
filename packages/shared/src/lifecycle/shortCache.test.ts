import { describe, expect, it } from 'vitest';
import { createShortCache } from './shortCache.js';

describe('createShortCache', () => {
  it('asks once for callers that come at once, and again when the answer is as old as allowed', async () => {
    let at = 0;
    let asked = 0;
    const find = createShortCache(
      async (key) => `${key}${++asked}`,
      900,
      () => at,
    );
    expect(await Promise.all([find('a'), find('a')])).toEqual(['a1', 'a1']);
    at = 899;
    expect(await find('a')).toBe('a1');
    at = 900;
    expect(await find('a')).toBe('a2');
  });

  it('does not remember a question that failed', async () => {
    let asked = 0;
    const find = createShortCache(
      async () => {
        if (++asked === 1) throw new Error('away');
        return 'found';
      },
      900,
      () => 0,
    );
    await expect(find('a')).rejects.toThrow('away');
    expect(await find('a')).toBe('found');
  });

  it('asks anew what it was told to forget, while an older question is still open', async () => {
    const answers: ((found: string) => void)[] = [];
    const find = createShortCache(
      () => new Promise<string>((resolve) => answers.push(resolve)),
      900,
      () => 0,
    );
    const before = find('a');
    find.forget('a');
    const after = find('a');
    expect(answers).toHaveLength(2);
    answers[1]?.('new');
    answers[0]?.('old');
    expect(await Promise.all([before, after, find('a')])).toEqual(['old', 'new', 'new']);
  });

  it('holds a bounded number of answers', async () => {
    let asked = 0;
    const find = createShortCache(
      async () => ++asked,
      900,
      () => 0,
    );
    for (let i = 0; i < 10_050; i++) await find(`key ${i}`);
    const before = asked;
    await find('key 0');
    expect(asked).toBe(before + 1);
    await find('key 10049');
    expect(asked).toBe(before + 1);
  });
});
