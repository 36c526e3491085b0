import { jobBodySchema } from '@sluice/shared/contracts/jobs';
import { epochAt, queuePriority } from '@sluice/shared/domain/priority';
import { momentOfId } from '@sluice/shared/ids/ids';
import { builtInTasks, createTaskCatalogue } from '@sluice/tasks/internal';
import { describe, expect, it } from 'vitest';
import { prepareJob } from './prepareJob.js';

const ID = '019aa2b3-0c00-7000-8000-000000000000';
const NOW_MS = momentOfId(ID) ?? 0;
const submission = {
  id: ID,
  tenantId: 'acme',
  role: 'viewer',
  submitter: 'ann',
  traceparent: null,
  priorityRules: null,
  recentJobs: 0,
} as const;
const prepare = (body: object, faultTasks = false) =>
  prepareJob(submission, jobBodySchema.parse({ data: {}, ...body }), createTaskCatalogue(builtInTasks({ faultTasks })));

describe('prepareJob', () => {
  it("fills in the task's own bounds, and puts role and priority into BullMQ's priority", () => {
    const { row, lane, job } = prepare({ task: 'system.probe', priority: 100 });
    expect(row).toMatchObject({ maxAttempts: 4, timeoutMs: 600_000, delayMs: 0, state: 'accepted', userId: 'ann' });
    expect(lane).toEqual({ tenantId: 'acme', queueClass: 'default' });
    expect(job).toMatchObject({
      id: ID,
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

  it('knows the task that does harm only where it is switched on', () => {
    expect(() => prepare({ task: 'system.fault' })).toThrow(expect.objectContaining({ code: 'unknown_task' }));
    expect(prepare({ task: 'system.fault' }, true).row.task).toBe('system.fault');
  });

  it('takes the dedupeKey along into the lane, and tells how large the data is', () => {
    const prepared = prepare({ task: 'system.probe', data: { sleepMs: 5 }, durability: 'redis', dedupeKey: 'x' });
    expect(prepared.job.dedupeKey).toBe('x');
    expect(prepared.bytes).toBe(JSON.stringify(prepared.row.data).length);
  });
});
