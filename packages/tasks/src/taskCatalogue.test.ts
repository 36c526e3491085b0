import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { builtInTasks } from './builtIn/builtInTasks.js';
import { webhookDataSchema } from './builtIn/notificationsWebhook.js';
import { systemProbe } from './builtIn/systemProbe.js';
import type { TaskContract } from './task.js';
import { createTaskCatalogue } from './taskCatalogue.js';

const ALL = builtInTasks({ faultTasks: true });
const quota = { callsPerWindow: 50, windowMs: 3_600_000, callsAtATime: 10 };
const probe = systemProbe as TaskContract;

describe('createTaskCatalogue', () => {
  it('finds every task under its own name', () => {
    const tasks = createTaskCatalogue(ALL);
    for (const contract of ALL) expect(tasks.find(contract.name)).toBe(contract);
    expect(tasks.list()).toEqual(ALL);
  });

  it('finds nothing under names that every object has', () => {
    const tasks = createTaskCatalogue(ALL);
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', '']) {
      expect(tasks.find(name)).toBeUndefined();
    }
  });

  it('knows the upstream of each queue class, because an exhausted quota pauses the whole lane', () => {
    const report = { ...probe, name: 'ads.report', queueClass: 'ads', upstream: { name: 'ads', quota } };
    const tasks = createTaskCatalogue([...ALL, report]);
    expect(tasks.upstreamOfClass('ads')).toBe(report.upstream);
    expect(tasks.upstreamOfClass('default')).toBeNull();
    expect(tasks.upstreamOfClass('unheard_of')).toBeNull();
    expect([...tasks.upstreams.keys()]).toEqual(['ads']);
    expect(tasks.queueClasses).toContain('ads');
  });

  it('refuses two tasks of one name, and two upstreams in one queue class', () => {
    expect(() => createTaskCatalogue([...ALL, probe])).toThrow(ConfigurationError);
    const paced = { ...probe, name: 'ads.report', upstream: { name: 'ads', quota } };
    expect(() => createTaskCatalogue([...ALL, paced])).toThrow(/queue class default/);
  });
});

describe('builtInTasks', () => {
  it('leaves out the task that does harm, unless it is switched on', () => {
    const names = (faultTasks: boolean) => builtInTasks({ faultTasks }).map(({ name }) => name);
    expect(names(false)).not.toContain('system.fault');
    expect(names(true)).toEqual([...names(false), 'system.fault']);
  });

  for (const contract of ALL) {
    it(`${contract.name} has a summary, bounds in order and a schema that can be shown`, () => {
      expect(contract.name).toMatch(/^[a-z][a-z0-9]*\.[a-z_]+$/);
      expect(contract.summary).not.toBe('');
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
