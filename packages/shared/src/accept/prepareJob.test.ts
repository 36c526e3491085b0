import { describe, expect, it } from 'vitest';
import { jobBodySchema } from '../contracts/jobs.js';
import { epochAt, queuePriority } from '../domain/priority.js';
import { prepareJob } from './prepareJob.js';

const submission = { id: 'id', tenantId: 'acme', role: 'viewer', submitter: 'ann', traceparent: null } as const;
const NOW_MS = Date.UTC(2026, 10, 21);
const prepare = (body: object) => prepareJob(submission, jobBodySchema.parse({ data: {}, ...body }), NOW_MS);

describe('prepareJob', () => {
  it("fills in the task's own bounds, and puts role and priority into BullMQ's priority", () => {
    const { row, lane, job } = prepare({ task: 'system.probe', priority: 100 });
    expect(row).toMatchObject({ maxAttempts: 4, timeoutMs: 600_000, delayMs: 0, state: 'accepted', userId: 'ann' });
    expect(lane).toEqual({ tenantId: 'acme', queueClass: 'default' });
    expect(job).toMatchObject({
      id: 'id',
      queuePriority: queuePriority({ role: 'viewer', priority: 100, sinceMs: NOW_MS, rulePoints: 0 }, epochAt(NOW_MS)),
      maxAttempts: 4,
    });
    expect(job.data).toEqual({ sleepMs: 0, fail: 'never' });
  });

  it('refuses an unknown task, data that does not fit, and data over 256 KiB', () => {
    expect(() => prepare({ task: 'toString' })).toThrow(expect.objectContaining({ code: 'unknown_task' }));
    expect(() => prepare({ task: 'system.probe', data: { sleepMs: -1, more: 1 } })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        fields: [
          expect.objectContaining({ pointer: '/data/sleepMs' }),
          expect.objectContaining({ pointer: '/data/more' }),
        ],
      }),
    );
    const data = { url: 'https://example.com/', payload: 'x'.repeat(256 * 1_024) };
    expect(() => prepare({ task: 'notifications.webhook', data })).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    );
  });

  it('refuses a dedupeKey where the ledger does not come first', () => {
    expect(() => prepare({ task: 'system.probe', durability: 'redis', dedupeKey: 'x' })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });
});
