import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { QUEUE_CLASSES } from './queueClass.js';
import type { TaskContract } from './task.js';
import { createTaskCatalogue, findTask, TASKS, UPSTREAMS, upstreamOfClass } from './taskCatalogue.js';
import { webhookDataSchema } from './tasks/notificationsWebhook.js';

describe('findTask', () => {
  it('finds every task under its own name', () => {
    for (const [name, contract] of Object.entries(TASKS)) {
      expect(contract.name).toBe(name);
      expect(findTask(name)).toBe(contract);
    }
  });

  it('finds nothing under names that every object has', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', '']) {
      expect(findTask(name)).toBeUndefined();
    }
  });
});

describe('createTaskCatalogue', () => {
  it('leaves out the task that does harm, unless it is switched on', () => {
    const usual = createTaskCatalogue({ faultTasks: false });
    expect(usual.find('system.fault')).toBeUndefined();
    expect(usual.list()).toHaveLength(Object.keys(TASKS).length - 1);
    expect(usual.find('system.probe')).toBe(TASKS['system.probe']);
    const rehearsal = createTaskCatalogue({ faultTasks: true });
    expect(rehearsal.find('system.fault')).toBe(TASKS['system.fault']);
    expect(rehearsal.list()).toHaveLength(Object.keys(TASKS).length);
  });
});

describe('task contracts', () => {
  for (const contract of Object.values(TASKS)) {
    it(`${contract.name} has a summary, a known lane, bounds in order and a schema that can be shown`, () => {
      expect(contract.name).toMatch(/^[a-z][a-z0-9]*\.[a-z_]+$/);
      expect(contract.summary).not.toBe('');
      expect(QUEUE_CLASSES).toContain(contract.queueClass);
      expect(contract.timeoutMs).toBeGreaterThan(0);
      expect(contract.retry.capMs).toBeGreaterThanOrEqual(contract.retry.baseMs);
      expect(contract.retry.maxRetries).toBeLessThan(25);
      expect(z.toJSONSchema(contract.data, { io: 'input' })).toMatchObject({
        type: 'object',
        additionalProperties: false,
      });
    });
  }
});

describe('upstreamOfClass', () => {
  it('is the same for every task of a class, because an exhausted quota pauses the whole lane', () => {
    for (const { queueClass, ...task } of Object.values(TASKS) as TaskContract[]) {
      expect(upstreamOfClass(queueClass)).toBe(task.upstream ?? null);
    }
    expect(upstreamOfClass('ga4')).toMatchObject({ name: 'ga4', quota: { callsPerWindow: 50, windowMs: 3_600_000 } });
    expect([...UPSTREAMS.keys()]).toEqual(['ga4']);
  });
});

describe('notifications.webhook', () => {
  it('goes to http and https alone', () => {
    const takes = (url: string): boolean => webhookDataSchema.safeParse({ url, payload: {} }).success;
    expect(['https://example.com/hook', 'http://127.0.0.1:8080/'].map(takes)).toEqual([true, true]);
    const bad = ['ftp://example.com', 'file:///etc/passwd', 'javascript:alert(1)', 'example.com', '', 'gopher://x'];
    expect(bad.filter(takes)).toEqual([]);
    expect(takes(`https://example.com/${'x'.repeat(2_048)}`)).toBe(false);
  });

  it('carries any JSON and nothing that JSON cannot say', () => {
    const takes = (payload: unknown): boolean =>
      webhookDataSchema.safeParse({ url: 'https://example.com', payload }).success;
    expect([{ a: [1, null, true] }, 'text', 0, null, []].every(takes)).toBe(true);
    expect([undefined, Number.NaN, 1n, new Map(), () => 1].some(takes)).toBe(false);
  });
});
