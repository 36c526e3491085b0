import { appRoutes } from '@bull-board/api/dist/routes.js';
import { describe, expect, it } from 'vitest';
import { hidePayloads, isKnownRoute } from './hidePayloads.js';

const CANARY = 'canary-4711';
const secret = { deep: [CANARY] };

/** A job in Bull Board's response, with the canary wherever a tenant's text may appear. */
const job = {
  id: '1',
  name: 'notifications.webhook',
  timestamp: 1,
  attempts: 2,
  priority: 50,
  data: secret,
  returnValue: secret,
  progress: secret,
  failedReason: CANARY,
  deferredFailure: CANARY,
  deduplicationId: CANARY,
  stacktrace: [CANARY],
  externalUrl: { href: CANARY },
  opts: { attempts: 4, priority: 50, telemetry: { metadata: CANARY }, custom: CANARY },
};

describe('hidePayloads', () => {
  it('knows what every reading route of Bull Board answers', () => {
    const reading = appRoutes.api.filter(({ method }) => method === 'get').flatMap(({ route }) => route);
    expect(reading.length).toBeGreaterThan(5);
    expect(reading.filter((route) => !isKnownRoute(route))).toEqual([]);
  });

  it.each([
    ['/api/queues', { queues: [{ name: 'acme.default', counts: { active: 1 }, jobs: [job] }] }],
    ['/api/queues/:queueName/:jobId', { job, status: 'failed' }],
    ['/api/queues/:queueName/:jobId/logs', [CANARY, 'line']],
    ['/api/queues/:queueName/:jobId/flow', { nodeId: '1', isFlowNode: true, flowRoot: { progress: secret } }],
    ['/api/job-schedulers', { schedulers: [{ id: 's', template: { data: secret } }] }],
  ])('leaves nothing of a payload in an answer of %s', (route, body) => {
    const hidden = hidePayloads(route, { queueName: 'acme.default' }, body);
    expect(JSON.stringify(hidden)).not.toContain(CANARY);
  });

  it('keeps what tells how a job fares', () => {
    const body = { job: { ...job, progress: 40 }, status: 'failed' };
    expect(hidePayloads('/api/queues/:queueName/:jobId', { queueName: 'acme.default' }, body)).toMatchObject({
      status: 'failed',
      job: { id: '1', name: 'notifications.webhook', attempts: 2, priority: 50, progress: 40, opts: { attempts: 4 } },
    });
  });

  it('shows of a dead letter all but its message', () => {
    const note = { jobId: '1', task: 't', category: 'permanent', attempts: 1, error: { code: 'c', message: CANARY } };
    const body = { job: { ...job, data: note }, status: 'waiting' };
    const hidden = hidePayloads('/api/queues/:queueName/:jobId', { queueName: 'acme.dead_letters' }, body);
    expect(hidden).toMatchObject({ job: { data: { task: 't', category: 'permanent', error: { code: 'c' } } } });
    expect(JSON.stringify(hidden)).not.toContain(CANARY);
  });

  it('leaves refusals as they are', () => {
    const refusal = { error: { key: 'ERRORS.QUEUE_NOT_FOUND' } };
    expect(hidePayloads('/api/queues/:queueName/:jobId', {}, refusal)).toBe(refusal);
  });
});
