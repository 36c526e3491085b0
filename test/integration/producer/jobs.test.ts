import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createSubscriber } from '@sluice/fleet/redis/subscribe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { TestProducer } from './support.js';
import { claim, openProducer, PROBE, settle, submit } from './support.js';

interface Page {
  readonly jobs: readonly { readonly id: string; readonly state: string }[];
  readonly nextCursor: string | null;
}

describe('jobs', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  beforeAll(async () => {
    producer = await openProducer();
    acme = await producer.user('acme', 'owner', 'ann');
  });
  afterAll(() => producer.close());

  it('accepts a job, says where it stands, and tells its life', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const answer = await acme.call('POST', '/api/v1/jobs', PROBE, { traceparent });
    expect(answer).toMatchObject({ status: 202, body: { state: 'queued', position: 1, zone: 'green' } });
    expect(answer.headers.get('location')).toBe(`/api/v1/jobs/${answer.body.id}`);
    expect(answer.body.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    // Nobody can say when a job starts while no worker lives.
    expect(answer.body.estimatedWaitMs).toBeNull();

    const path = `/api/v1/jobs/${answer.body.id}`;
    const queued = await until('it is marked as queued', async () => {
      const job = await acme.expect(200, 'GET', path);
      return job.state === 'queued' ? job : null;
    });
    expect(queued).toMatchObject({ position: 1, attempts: 0, userId: 'ann', result: null, error: null });
    const { rows } = await producer.space.postgres.db.$client.query('SELECT traceparent FROM jobs WHERE id = $1', [
      answer.body.id,
    ]);
    expect(rows).toEqual([{ traceparent }]);

    await settle(producer.space, String(answer.body.id), 'completed');
    const done = await acme.expect(200, 'GET', path);
    expect(done).toMatchObject({ state: 'completed', attempts: 1, position: null, result: { done: true } });
    expect((done.timeline as { event: string }[]).map(({ event }) => event)).toEqual([
      'accepted',
      'queued',
      'attempt_started',
      'attempt_ended',
      'finished',
    ]);
  });

  it('holds a delayed job back and shows it as queued once it is due', async () => {
    const answer = await acme.expect(202, 'POST', '/api/v1/jobs', { ...PROBE, delayMs: 700 });
    expect(answer).toMatchObject({ state: 'delayed', position: null, estimatedWaitMs: 700 });
    const path = `/api/v1/jobs/${answer.id}`;
    await until('it is marked as delayed', async () => (await acme.expect(200, 'GET', path)).state === 'delayed');
    await until('it is due', async () => (await acme.expect(200, 'GET', path)).state === 'queued');
    const { jobs } = (await acme.expect(200, 'GET', '/api/v1/jobs?state=queued')) as unknown as Page;
    expect(jobs.map(({ id }) => id)).toContain(answer.id);
  });

  it('accepts with durability redis, and the ledger follows', async () => {
    const id = await submit(acme, { durability: 'redis', delayMs: 60_000 });
    const job = await until('the row is there', async () => {
      const { status, body } = await acme.call('GET', `/api/v1/jobs/${id}`);
      return status === 200 ? body : null;
    });
    expect(job).toMatchObject({ state: 'delayed' });
  });

  it('refuses what is not valid, field by field, and an unknown task', async () => {
    const bad = { task: 'system.probe', data: {}, priority: 101, attempts: 0, foo: 1, delayMs: -1 };
    const { status, body } = await acme.call('POST', '/api/v1/jobs', bad);
    expect(status).toBe(400);
    expect((body.errors as { pointer: string }[]).map(({ pointer }) => pointer).sort()).toEqual([
      '/attempts',
      '/delayMs',
      '/foo',
      '/priority',
    ]);
    expect((await acme.call('POST', '/api/v1/jobs', { task: 'no.such', data: {} })).body.code).toBe('unknown_task');
    const large = { task: 'notifications.webhook', data: { url: 'https://a.example/', payload: 'x'.repeat(300_000) } };
    expect(await acme.call('POST', '/api/v1/jobs', large)).toMatchObject({ status: 413 });
  });

  it('takes a batch apart: each job is accepted or refused by itself, in order', async () => {
    const client = await producer.user('batch');
    const jobs = [PROBE, { task: 'no.such', data: {} }, 7, { ...PROBE, data: { sleepMs: -1 } }, PROBE];
    const { results } = (await client.expect(207, 'POST', '/api/v1/jobs/batch', { jobs })) as {
      results: { status: number; id?: string; code?: string }[];
    };
    expect(results.map(({ status }) => status)).toEqual([202, 404, 400, 400, 202]);
    expect(results[1]).toMatchObject({ code: 'unknown_task' });
    const { body } = await client.call('POST', '/api/v1/jobs/batch', { jobs: [] });
    expect(body.code).toBe('invalid_request');
    expect((await client.call('POST', '/api/v1/jobs/batch', { jobs: Array(1_001).fill(PROBE) })).status).toBe(400);
  });

  it('puts the jobs of a batch into their lane in their order, though several commits share them', async () => {
    const { redis, keys } = producer.space;
    const queues = createLaneQueues(redis.client, keys);
    const jobs = Array.from({ length: 1_000 }, () => PROBE);
    /** Where the jobs of one batch stand; null for those that are added later, since Redis did not answer in time. */
    async function positionsOf(tenantId: string): Promise<(number | null)[]> {
      const client = await producer.user(tenantId);
      const { results } = (await client.expect(207, 'POST', '/api/v1/jobs/batch', { jobs })) as {
        results: { id: string }[];
      };
      return queues.positions(
        { tenantId, queueClass: 'default' },
        results.map(({ id }) => id),
      );
    }
    let tries = 0;
    await until('a batch is added as a whole', async () => {
      const positions = await positionsOf(`ordered-${tries++}`);
      const added = positions.filter((position) => position !== null);
      expect(added).toEqual(added.map((_, index) => index + 1));
      return added.length === jobs.length;
    });
    await queues.close();
  });

  it('pages through a thousand jobs, newest first, each once', async () => {
    const client = await producer.user('pages');
    const jobs = Array.from({ length: 1_000 }, (_, index) => ({ ...PROBE, priority: index % 101 }));
    const { results } = (await client.expect(207, 'POST', '/api/v1/jobs/batch', { jobs })) as {
      results: { id: string }[];
    };
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = (await client.expect(
        200,
        'GET',
        `/api/v1/jobs?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )) as unknown as Page;
      seen.push(...page.jobs.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(1_000);
    expect(new Set(seen)).toEqual(new Set(results.map(({ id }) => id)));
    expect(seen).toEqual([...seen].sort().reverse());
    expect(await client.expect(200, 'GET', '/api/v1/jobs?task=exports.jobs_csv')).toEqual({
      jobs: [],
      nextCursor: null,
    });
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    expect(await client.expect(200, 'GET', `/api/v1/jobs?since=${tomorrow}`)).toMatchObject({ jobs: [] });
    expect((await client.call('GET', '/api/v1/jobs?limit=0')).status).toBe(400);
    expect((await client.call('GET', '/api/v1/jobs?colour=red')).status).toBe(400);
  });

  it('waits for a result for as long as it is asked to, and no longer', async () => {
    const id = await submit(acme);
    const path = `/api/v1/jobs/${id}/result`;
    expect((await acme.call('GET', `${path}?waitMs=100`)).status).toBe(202);
    const answer = acme.call('GET', `${path}?waitMs=20000`);
    await settle(producer.space, id, 'completed');
    expect(await answer).toMatchObject({ status: 200, body: { state: 'completed', result: { done: true } } });
    expect((await acme.call('GET', `${path}?waitMs=30001`)).status).toBe(400);
    expect((await acme.call('GET', `/api/v1/jobs/${crypto.randomUUID()}/result?waitMs=1000`)).status).toBe(404);
  });

  it('tells the state of the own queue', async () => {
    const client = await producer.user('queue');
    await submit(client);
    const running = await submit(client);
    await submit(client, { delayMs: 60_000 });
    await claim(producer.space, running);
    const queue = await until('all are noted', async () => {
      const body = await client.expect(200, 'GET', '/api/v1/queue');
      const { byState } = body.counts as { byState: object };
      return 'accepted' in byState ? null : body;
    });
    expect(queue).toMatchObject({
      counts: { byState: { queued: 1, active: 1, delayed: 1 }, byTask: { 'system.probe': { queued: 1 } } },
      workers: { desired: 1, live: 0 },
      zone: 'green',
      circuit: [{ upstream: 'ga4', state: 'closed', probeInMs: 0 }],
      quota: [
        {
          upstream: 'ga4',
          callsPerWindow: 50,
          windowMs: 3_600_000,
          callsAtATime: 10,
          left: 50,
          underWay: 0,
          refillsInMs: 0,
        },
      ],
    });
    expect(queue.oldestWaitMs).toBeGreaterThanOrEqual(0);
  });

  it('does not tell of quota and circuit while the ledger does not say what the quota is', async () => {
    const client = await producer.user('untold');
    await producer.space.postgres.db.transaction(async (lock) => {
      await lock.execute('LOCK TABLE tenant_quotas IN ACCESS EXCLUSIVE MODE');
      expect(await client.expect(200, 'GET', '/api/v1/queue')).toMatchObject({ quota: null, circuit: null });
    });
    expect(await client.expect(200, 'GET', '/api/v1/queue')).toMatchObject({ quota: [{ left: 50 }] });
  });

  it('lists every task with the schema of its data', async () => {
    const { tasks } = (await acme.expect(200, 'GET', '/api/v1/tasks')) as { tasks: { name: string }[] };
    expect(tasks.map(({ name }) => name)).toContain('notifications.webhook');
    expect(tasks.find(({ name }) => name === 'system.probe')).toMatchObject({
      queueClass: 'default',
      attempts: 4,
      dataSchema: { type: 'object', additionalProperties: false, properties: { sleepMs: { type: 'integer' } } },
    });
  });

  it('tells the scaler which lanes were added to', async () => {
    const told: string[] = [];
    const { redis, keys } = producer.space;
    const listener = createSubscriber(redis.client, {
      [keys.touchedChannel]: (message) => told.push(...message.split(' ')),
    });
    await listener.start();
    const client = await producer.user('touch');
    await Promise.all(Array.from({ length: 20 }, () => submit(client)));
    await until('the lane was named', () => told.includes('touch.default'));
    expect(told.length).toBeLessThan(10);
    await listener.stop(AbortSignal.timeout(1_000));
  });
});
