import type { JobContext } from '@sluice/tasks';
import type { FaultData } from '@sluice/tasks/internal';
import { faultDataSchema } from '@sluice/tasks/internal';
import { describe, expect, test } from 'vitest';
import { createFaultHandler } from './systemFault.js';

function run(data: Partial<FaultData>, context: Partial<JobContext> = {}, status = 200) {
  const seen: unknown[] = [];
  const handler = createFaultHandler({
    web: {
      async post({ url, body }) {
        seen.push({ url, ...JSON.parse(body) });
        return { status, retryAfter: undefined };
      },
    },
    exit: () => seen.push('exit'),
  });
  const done = handler(faultDataSchema.parse(data), {
    jobId: 'job',
    tenantId: 'acme',
    attempt: 1,
    signal: new AbortController().signal,
    traceparent: null,
    progress: async () => undefined,
    log: async () => undefined,
    once: async () => Promise.reject(new Error('there is no ledger')),
    ...context,
  });
  return { seen, done };
}

describe('the handler of system.fault', () => {
  test('tells its sink who it is before it does harm', async () => {
    const { seen, done } = run({ act: 'exit', sinkUrl: 'http://127.0.0.1/' });
    await done;
    expect(seen).toEqual([{ url: 'http://127.0.0.1/', jobId: 'job', tenantId: 'acme', attempt: 1 }, 'exit']);
  });

  test('asks for an effect once by the same key in every attempt', async () => {
    const keys: string[] = [];
    const once: JobContext['once'] = async <T>(key: string): Promise<T> => {
      keys.push(key);
      return null as T;
    };
    await run({ effect: 'once', sinkUrl: 'http://127.0.0.1/' }, { once }).done;
    await run({ effect: 'tx' }, { once, attempt: 2 }).done;
    expect(keys).toEqual(['fault', 'fault']);
  });

  test('acts only in the first attempts when told so', async () => {
    const acts = { act: 'throw', actTimes: 2 } as const;
    await expect(run(acts, { attempt: 2 }).done).rejects.toMatchObject({ code: 'attempt_failed' });
    await expect(run(acts, { attempt: 3 }).done).resolves.toEqual({ attempt: 3 });
  });

  test('is to be tried again when its sink refuses', async () => {
    await expect(run({ sinkUrl: 'http://127.0.0.1/' }, {}, 500).done).rejects.toMatchObject({
      code: 'upstream_failed',
    });
  });

  test('ends its wait with the signal, unless it is told not to', async () => {
    const stop = new AbortController();
    const { done } = run({ holdMs: 600_000 }, { signal: stop.signal });
    stop.abort('cancelled');
    await expect(done).rejects.toBe('cancelled');
    await expect(run({ holdMs: 1, heedsSignal: false }, { signal: stop.signal }).done).resolves.toEqual({ attempt: 1 });
  });
});
