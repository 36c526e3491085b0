import { describe, expect, it } from 'vitest';
import { until, untilDrained } from './until.js';

describe('until', () => {
  it('gives what is seen at last', async () => {
    const looks = [undefined, null, false, 'there'];
    expect(await until('it is there', () => looks.shift())).toBe('there');
  });

  it('says what did not happen', async () => {
    await expect(until('it rains', () => false, 50)).rejects.toThrow('waited 50 ms in vain: it rains');
  });
});

describe('untilDrained', () => {
  it('waits for as long as less is left each time, though it takes longer than a standstill may', async () => {
    let left = 30;
    await untilDrained('all are over', () => left--, { stuckMs: 100 });
    expect(left).toBe(-1);
  });

  it('gives up on a backlog that stands still or grows', async () => {
    const soon = { stuckMs: 50 };
    await expect(untilDrained('all are over', () => 7, soon)).rejects.toThrow('all are over: 7 are left');
    let left = 7;
    await expect(untilDrained('all are over', () => left++, soon)).rejects.toThrow('all are over: 7 are left');
  });
});
