import { describe, expect, it } from 'vitest';
import { afterTurn } from './laneAdder.js';

async function goOn(steps: number, done: () => void): Promise<void> {
  for (let step = 0; step < steps; step++) await null;
  done();
}

describe('afterTurn', () => {
  it('comes after all that promises lead to, however many steps that takes, and before the next turn', async () => {
    const order: string[] = [];
    const nextTurn = new Promise<void>((resolve) => {
      setImmediate(() => {
        order.push('next turn');
        resolve();
      });
    });
    const behind = afterTurn().then(() => order.push('behind'));
    await Promise.all([goOn(100, () => order.push('started')), behind, nextTurn]);
    expect(order).toEqual(['started', 'behind', 'next turn']);
  });

  it('does so within a callback of the event loop as well', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        void afterTurn().then(() => {
          order.push('behind');
          resolve();
        });
        void goOn(100, () => order.push('started'));
      });
    });
    expect(order).toEqual(['started', 'behind']);
  });
});
