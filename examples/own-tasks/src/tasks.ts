import { defineTask } from '@sluice/tasks';
import { z } from 'zod';

/** Counts words: in a process of its own, since a long text would block the worker's event loop. */
export const countWords = defineTask({
  name: 'texts.count_words',
  summary: 'Count the words of a text',
  queueClass: 'texts',
  isolation: 'process',
  timeoutMs: 10_000,
  data: z.strictObject({ text: z.string().max(100_000) }),
  result: z.strictObject({ words: z.int() }),
  async handler({ text }) {
    return { words: text.split(/\s+/).filter((word) => word !== '').length };
  },
});

/** Confirms an order: the confirmation is sent once, however often the job runs. */
export const confirmOrder = defineTask({
  name: 'orders.confirm',
  summary: 'Confirm an order to its customer',
  queueClass: 'orders',
  retry: { maxRetries: 5 },
  data: z.strictObject({ order: z.string().max(40), email: z.email() }),
  async handler({ order, email }, context) {
    context.signal.throwIfAborted();
    const receipt = await context.once('confirmation', (idempotencyKey) => send(email, order, idempotencyKey));
    await context.log(`confirmed ${order}`);
    await context.progress(100);
    return { order, receipt };
  },
});

/** What `SLUICE_TASKS` reads. */
export const tasks = [countWords, confirmOrder];

/** Stands for a call of your mail provider, which deduplicates by the key. */
async function send(email: string, order: string, idempotencyKey: string): Promise<string> {
  return `${order} to ${email} (${idempotencyKey})`;
}
