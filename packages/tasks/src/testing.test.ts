import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTask } from './defineTask.js';
import { runTask } from './testing.js';

const charge = defineTask({
  name: 'billing.charge',
  data: z.strictObject({ amount: z.int().min(1), currency: z.string().default('EUR') }),
  result: z.object({ receipt: z.string() }),
  async handler({ amount, currency }, context) {
    await context.progress(50);
    await context.log(`attempt ${context.attempt} of ${context.tenantId}`);
    const receipt = await context.once('charge', async (key) => `${key} ${amount} ${currency}`);
    return { receipt };
  },
});

const waits = defineTask({
  name: 'test.waits',
  data: z.strictObject({}),
  handler: (_, { signal }) =>
    new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve(String(signal.reason)))),
});

describe('runTask', () => {
  it('runs a handler on checked data and returns what it did', async () => {
    const run = await runTask(charge, { amount: 5 }, { jobId: 'job-1', attempt: 2, tenantId: 'acme' });
    expect(run.result).toEqual({ receipt: 'job-1:charge 5 EUR' });
    expect(run.progress).toEqual([50]);
    expect(run.logs).toEqual(['attempt 2 of acme']);
    expect([...run.effects]).toEqual([['charge', 'job-1:charge 5 EUR']]);
  });

  it('answers effects of an earlier attempt from its record', async () => {
    const effects = new Map([['charge', 'paid before']]);
    expect((await runTask(charge, { amount: 5 }, { effects })).result).toEqual({ receipt: 'paid before' });
  });

  it('runs statements of an effect by the query that the test gives, and refuses them without', async () => {
    const book = defineTask({
      name: 'billing.book',
      data: z.strictObject({}),
      handler: (_, { once }) => once('book', { tx: ({ query }) => query<{ id: number }>('SELECT $1', [7]) }),
    });
    const { result } = await runTask(book, {}, { query: async (_text, [id]) => [{ id }] });
    expect(result).toEqual([{ id: 7 }]);
    await expect(runTask(book, {})).rejects.toThrow('pass `query` to runTask');
  });

  it('refuses data and results that do not fit, as a worker does', async () => {
    await expect(runTask(charge, { amount: 0 })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('/amount'),
    });
    const wrong = defineTask({
      name: 'test.wrong',
      data: z.strictObject({}),
      result: z.object({ sum: z.number() }),
      handler: async () => ({ sum: 'two' }) as never,
    });
    await expect(runTask(wrong, {})).rejects.toMatchObject({
      code: 'attempt_failed',
      message: expect.stringContaining('/sum'),
    });
  });

  it('aborts the signal when the time is up or the test aborts, and does not wait for a handler that goes on', async () => {
    expect((await runTask(waits, {}, { timeoutMs: 5 })).result).toBe('timed-out');
    const deaf = defineTask({
      name: 'test.deaf',
      data: z.strictObject({}),
      handler: () => new Promise(() => undefined),
    });
    await expect(runTask(deaf, {}, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'attempt_timed_out' });
    const cancel = new AbortController();
    const run = runTask(waits, {}, { signal: cancel.signal });
    cancel.abort('cancelled');
    expect((await run).result).toBe('cancelled');
  });

  it('refuses a task that has no handler', async () => {
    const contract = defineTask({ name: 'test.contract', data: z.strictObject({}) });
    await expect(runTask(contract, {})).rejects.toMatchObject({ code: 'configuration' });
  });
});
