import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBatchOrder } from './batchOrder.js';

describe('createBatchOrder', () => {
  it('keeps the order, whichever job is ready first and whichever gives up', async () => {
    const step = fc.record({ ready: fc.nat(100), givesUp: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const nextTicket = createBatchOrder();
        const jobs = steps.map((one, index) => ({ ...one, index, ticket: nextTicket() }));
        const done: number[] = [];
        const running: Promise<void>[] = [];
        for (const { index, givesUp, ticket } of jobs.toSorted((a, b) => a.ready - b.ready)) {
          const run = async (): Promise<void> => {
            if (!givesUp) {
              await ticket.ready();
              done.push(index);
            }
            ticket.release();
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
