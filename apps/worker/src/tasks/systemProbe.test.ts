import type { JobContext } from '@sluice/tasks';
import type { ProbeData } from '@sluice/tasks/internal';
import { describe, expect, test } from 'vitest';
import { runProbe } from './systemProbe.js';

function run(data: Partial<ProbeData>, context: Partial<JobContext> = {}) {
  return runProbe(
    { sleepMs: 0, fail: 'never', ...data },
    {
      jobId: 'job',
      tenantId: 'acme',
      attempt: 1,
      signal: new AbortController().signal,
      traceparent: null,
      progress: async () => undefined,
      log: async () => undefined,
      once: () => Promise.reject(new Error('no effects here')),
      ...context,
    },
  );
}

describe('runProbe', () => {
  test('answers what it did', async () => {
    await expect(run({ sleepMs: 1, note: 'hello' }, { attempt: 2 })).resolves.toEqual({
      attempt: 2,
      sleptMs: 1,
      note: 'hello',
    });
  });

  test('fails as it is told', async () => {
    await expect(run({ fail: 'transient' }, { attempt: 99 })).rejects.toMatchObject({ code: 'attempt_failed' });
    await expect(run({ fail: 'permanent' })).rejects.toMatchObject({ code: 'upstream_refused' });
  });

  test('fails only the first attempts when told so', async () => {
    const data = { fail: 'transient', failTimes: 2 } as const;
    await expect(run(data, { attempt: 2 })).rejects.toMatchObject({ code: 'attempt_failed' });
    await expect(run(data, { attempt: 3 })).resolves.toMatchObject({ attempt: 3 });
  });

  test('stops sleeping when it is told to stop', async () => {
    const stop = new AbortController();
    const running = run({ sleepMs: 600_000 }, { signal: stop.signal });
    stop.abort('cancelled');
    await expect(running).rejects.toBe('cancelled');
    await expect(run({ sleepMs: 1 }, { signal: stop.signal })).rejects.toBe('cancelled');
  });
});
