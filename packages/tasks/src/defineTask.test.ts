import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { TaskDefinition } from './defineTask.js';
import { defineTask } from './defineTask.js';
import type { DataOf, InputOf, ResultOf, TaskContract } from './task.js';
import { isTask, TASK } from './task.js';
import { createTaskCatalogue } from './taskCatalogue.js';

const data = z.strictObject({ text: z.string().max(1_000), times: z.int().default(1) });

describe('defineTask', () => {
  it('fills in what is left out', () => {
    expect(defineTask({ name: 'reports.count', data })).toMatchObject({
      name: 'reports.count',
      summary: 'reports.count',
      queueClass: 'default',
      timeoutMs: 60_000,
      retry: { maxRetries: 3, baseMs: 2_000, capMs: 60_000 },
    });
    const { retry } = defineTask({ name: 'reports.count', data, retry: { maxRetries: 0 } });
    expect(retry).toEqual({ maxRetries: 0, baseMs: 2_000, capMs: 60_000 });
  });

  it('infers data, input, result and the literal name from the schemas and the handler', () => {
    const plain = defineTask({
      name: 'reports.count',
      data,
      handler: async ({ text, times }) => ({ words: text.split(' ').length * times }),
    });
    expectTypeOf(plain.name).toEqualTypeOf<'reports.count'>();
    expectTypeOf<DataOf<typeof plain>>().toEqualTypeOf<{ text: string; times: number }>();
    expectTypeOf<InputOf<typeof plain>>().toEqualTypeOf<{ text: string; times?: number | undefined }>();
    expectTypeOf<ResultOf<typeof plain>>().toEqualTypeOf<{ words: number }>();

    const checked = defineTask({ name: 'reports.sum', data, result: z.object({ sum: z.number() }) });
    expectTypeOf<ResultOf<typeof checked>>().toEqualTypeOf<{ sum: number }>();
    expectTypeOf(checked).toExtend<TaskContract>();
    expect(createTaskCatalogue([plain, checked]).find('reports.sum')).toBe(checked);
  });

  it.each<[string, Partial<TaskDefinition<unknown, unknown, string, unknown>>]>([
    ['name it <area>.<verb or thing>', { name: 'count' }],
    ['name it <area>.<verb or thing>', { name: 'a.b:c' }],
    ['at most 100', { name: `a.${'b'.repeat(100)}` }],
    ['queueClass "Big" must be', { queueClass: 'Big' }],
    ['not be dead_letters', { queueClass: 'dead_letters' }],
    ['timeoutMs must be a whole number from 1 to 3600000', { timeoutMs: 0 }],
    ['timeoutMs must be', { timeoutMs: 3_600_001 }],
    ['retry.maxRetries must be a whole number from 0 to 24', { retry: { maxRetries: 25 } }],
    ['retry.baseMs must be', { retry: { baseMs: 0.5 } }],
    ['retry.capMs must be a whole number from baseMs', { retry: { baseMs: 10, capMs: 9 } }],
  ])('refuses what is out of bounds, saying what to do: %s', (message, wrong) => {
    const define = () => defineTask({ name: 'reports.count', data, ...wrong } as Parameters<typeof defineTask>[0]);
    expect(define).toThrow(
      expect.objectContaining({ code: 'configuration', message: expect.stringContaining(message) }),
    );
  });

  it('marks tasks so that another copy of the package recognises them', () => {
    expect(isTask({ [Symbol.for('sluice.task')]: true })).toBe(true);
    expect(TASK).toBe(Symbol.for('sluice.task'));
    for (const other of [null, undefined, 'reports.count', {}, { name: 'reports.count', data }])
      expect(isTask(other)).toBe(false);
  });
});
