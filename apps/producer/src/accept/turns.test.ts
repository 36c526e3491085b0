import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.js';

describe('createTurns', () => {
  it('keeps the order, whatever is ready first and whatever gives up its turn', async () => {
    const step = fc.record({ ready: fc.nat(100), givesUp: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const nextTurn = createTurns();
        const jobs = steps.map((one, index) => ({ ...one, index, turn: nextTurn() }));
        const done: number[] = [];
        const running: Promise<void>[] = [];
        for (const { index, givesUp, turn } of jobs.toSorted((a, b) => a.ready - b.ready)) {
          const run = async (): Promise<void> => {
            if (!givesUp) {
              await turn.come();
              done.push(index);
            }
            turn.pass();
          };
          running.push(run());
          await Promise.resolve();
        }
        await Promise.all(running);
        expect(done).toEqual(jobs.filter(({ givesUp }) => !givesUp).map(({ index }) => index));
      }),
    );
  });
});
