import { defineTask } from '@sluice/tasks';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createAttemptStop } from '../attempt/attemptStop.js';
import type { RunnableTask } from './executeTask.js';
import { executeTask } from './executeTask.js';

const contract = defineTask({
  name: 'test.task',
  summary: 'a test',
  queueClass: 'default',
  data: z.strictObject({ size: z.int() }),
  timeoutMs: 1_000,
  retry: { maxRetries: 0, baseMs: 0, capMs: 0 },
});

const attempt = {
  jobId: 'job',
  tenantId: 'acme',
  attempt: 1,
  traceparent: null,
  progress: async () => undefined,
  log: async () => undefined,
  once: () => Promise.reject(new Error('no effects here')),
};

function taskOf(handler: RunnableTask['handler']): RunnableTask {
  return { contract, handler };
}

describe('executeTask', () => {
  it('gives the handler the checked data and returns its result', async () => {
    const task = taskOf(async (data: { size: number }) => data.size * 2);
    const outcome = await executeTask(task, { size: 2 }, { ...attempt, timeoutMs: 1_000 }, createAttemptStop());
    expect(outcome).toEqual({ kind: 'returned', value: 4 });
  });

  it('never starts the handler on data that the schema refuses, and names the field', async () => {
    let started = false;
    const task = taskOf(async () => {
      started = true;
    });
    const outcome = await executeTask(task, { size: 'x' }, { ...attempt, timeoutMs: 1_000 }, createAttemptStop());
    expect(outcome.kind).toBe('invalid');
    expect(outcome.kind === 'invalid' && outcome.error.message).toContain('/size');
    expect(started).toBe(false);
  });

  it('never starts the handler of an attempt that was told to stop before', async () => {
    let started = false;
    const task = taskOf(async () => {
      started = true;
    });
    const stop = createAttemptStop();
    stop.stop('slot-lost');
    const outcome = await executeTask(task, { size: 1 }, { ...attempt, timeoutMs: 1_000 }, stop);
    expect(outcome).toEqual({ kind: 'stopped', reason: 'slot-lost' });
    expect(started).toBe(false);
  });

  it('aborts a handler whose time is up and does not wait for one that ignores it', async () => {
    let aborted = false;
    const task = taskOf((_data, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => undefined);
    });
    const outcome = await executeTask(task, { size: 1 }, { ...attempt, timeoutMs: 10 }, createAttemptStop());
    expect(outcome).toMatchObject({ kind: 'threw', error: { code: 'attempt_timed_out' } });
    expect(aborted).toBe(true);
  });

  it('tells why a job was stopped, also when the handler throws on the way out', async () => {
    const stop = createAttemptStop();
    const task = taskOf(
      (_data, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('bye')))),
    );
    const outcome = executeTask(task, { size: 1 }, { ...attempt, timeoutMs: 10_000 }, stop);
    stop.stop('cancelled');
    expect(await outcome).toEqual({ kind: 'stopped', reason: 'cancelled' });
  });

  it('keeps the result of a handler that finished although it was told to stop', async () => {
    const stop = createAttemptStop();
    const task = taskOf(async () => {
      stop.stop('stopping');
      return 'done';
    });
    const outcome = await executeTask(task, { size: 1 }, { ...attempt, timeoutMs: 10_000 }, stop);
    expect(outcome).toEqual({ kind: 'returned', value: 'done' });
  });
});
