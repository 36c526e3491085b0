import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { laneName } from '@sluice/shared/domain/lane';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import type { TestProducer } from './support.js';
import { openProducer, submit } from './support.js';

describe('a plain BullMQ client', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  let queue: Queue;
  beforeAll(async () => {
    producer = await openProducer();
    acme = await producer.user('acme');
    queue = new Queue(laneName({ tenantId: 'acme', queueClass: 'default' }), {
      connection: producer.space.redis.client,
      prefix: producer.space.keys.queuePrefix('acme'),
    });
  });
  afterAll(async () => {
    await queue.close();
    await producer.close();
  });

  it("reads our jobs: id of the ledger, the task's name, a priority, the attempts", async () => {
    const id = await submit(acme, { data: { note: 'hello' }, priority: 100 });
    const job = await queue.getJob(id);
    expect(job).toMatchObject({
      id,
      name: 'system.probe',
      data: { note: 'hello' },
      opts: { attempts: 4, priority: expect.any(Number) },
    });
    expect(await job?.getState()).toBe('prioritized');
    expect(await queue.getJobCounts('prioritized', 'wait', 'delayed')).toEqual({ prioritized: 1, wait: 0, delayed: 0 });
    expect((await readFleetTable(producer.space.redis.client, producer.space.keys)).lanes).toEqual(['acme.default']);
  });

  it('passes nothing of a caller on to BullMQ: no options, no ids', async () => {
    for (const more of [{ opts: { lifo: true } }, { jobId: 'meta' }, { id: 'active' }, { removeOnComplete: true }]) {
      expect((await acme.call('POST', '/api/v1/jobs', { task: 'system.probe', data: {}, ...more })).status).toBe(400);
    }
  });

  it('adds jobs of its own that count in front of ours', async () => {
    await queue.add('system.probe', {}, { priority: 1, jobId: 'own' });
    await queue.add('system.probe', {}, { jobId: 'first' });
    const id = await submit(acme, { priority: 0 });
    expect(await acme.expect(200, 'GET', `/api/v1/jobs/${id}`)).toMatchObject({ position: 4 });
    // All that wait are in front of it, with a priority or without.
    expect(await queue.getJobCountByTypes('prioritized', 'wait')).toBe(4);
  });
});
