import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import type { RedisServer } from '../../support/redisServer.js';
import { startRedisServer } from '../../support/redisServer.js';
import { until } from '../../support/until.js';
import type { TestProducer } from './support.js';
import { openProducer, PROBE } from './support.js';

const NOT_QUEUED = {
  status: 202,
  body: {
    state: 'accepted',
    position: null,
    estimatedWaitMs: null,
    message: expect.stringContaining('not queued yet'),
  },
};

describe('a producer whose Redis takes no jobs', () => {
  let server: RedisServer;
  let admin: Redis;
  let producer: TestProducer;
  let acme: HttpClient;
  beforeAll(async () => {
    server = await startRedisServer(['appendonly no', 'save ""']);
    admin = new Redis(server.port, '127.0.0.1');
    producer = await openProducer({ REDIS_URL: `redis://127.0.0.1:${server.port}`, ACCEPT_MAX_UNQUEUED: '300' });
    acme = await producer.user('acme');
    await acme.expect(202, 'POST', '/api/v1/jobs', PROBE);
  });
  afterAll(async () => {
    await producer.close();
    admin.disconnect();
    await server.stop();
  });

  const post = (more: object = {}) => acme.call('POST', '/api/v1/jobs', { ...PROBE, ...more });
  const whenQueuedAgain = () =>
    until('jobs are queued again', async () => (await post()).body.state === 'queued', 60_000);
  const whenNotQueued = () =>
    until('a job is accepted and not queued', async () => (await post()).body.state === 'accepted', 60_000);
  const shareOf = async () =>
    Number(/^sluice_redis_memory_share\S* (\S+)$/m.exec(await (await fetch(`${producer.url}/metrics`)).text())?.[1]);

  /** As recovery would. */
  async function noteAllQueued(): Promise<void> {
    await producer.space.postgres.db.$client.query('UPDATE jobs SET queued_at = now() WHERE queued_at IS NULL');
  }

  it('accepts hundreds of jobs while Redis is silent, where to wait for each would take minutes', async () => {
    server.kill('SIGSTOP');
    await whenNotQueued();
    for (let i = 0; i < 200; i++) expect(await post()).toMatchObject(NOT_QUEUED);
    const { id } = (await post()).body;
    expect(await acme.expect(200, 'GET', `/api/v1/jobs/${id}`)).toMatchObject({ state: 'accepted', position: null });
    expect(await post({ durability: 'redis' })).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    server.kill('SIGCONT');
    await whenQueuedAgain();
    await noteAllQueued();
  });

  it.each([
    ['read only', () => admin.replicaof('127.0.0.1', 1), () => admin.replicaof('NO', 'ONE')],
    [
      'short of replicas',
      () => admin.config('SET', 'min-replicas-to-write', 1),
      () => admin.config('SET', 'min-replicas-to-write', 0),
    ],
  ] as const)(
    'accepts without queueing while Redis is %s, and refuses jobs that it alone would hold',
    async (_what, breakIt, mendIt) => {
      await breakIt();
      await whenNotQueued();
      for (let i = 0; i < 5; i++) expect(await post()).toMatchObject(NOT_QUEUED);
      const refused = await post({ durability: 'redis' });
      expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(refused.headers.get('retry-after')).toBe('1');
      await mendIt();
      await whenQueuedAgain();
      await noteAllQueued();
    },
    120_000,
  );

  it('adds nothing to a Redis that is nearly full, so that workers can finish', async () => {
    const used = Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))?.[1]);
    await admin.config('SET', 'maxmemory', Math.round(used * 1.08));
    await until('the guard has seen it', async () => (await shareOf()) > 0.85, 60_000);
    const { id, ...answer } = (await post()).body;
    expect(answer).toMatchObject(NOT_QUEUED.body);
    expect(await admin.keys(`*${id}*`)).toEqual([]);
    expect((await post({ durability: 'redis' })).status).toBe(503);
    await admin.config('SET', 'maxmemory', 0);
    await whenQueuedAgain();
    expect(await shareOf()).toBe(0);
    await noteAllQueued();
  });

  it("refuses what would be one more than may wait in the fleet, or a tenant's share of it, and says when to come back", async () => {
    await noteAllQueued();
    await admin.config('SET', 'min-replicas-to-write', 1);
    await until('the bound is reached', async () => (await post()).status === 503, 60_000);
    const refused = await post();
    expect(refused).toMatchObject({
      status: 503,
      body: { code: 'unavailable', detail: expect.stringContaining("225 of them this tenant's") },
    });
    expect(refused.headers.get('retry-after')).toBe('5');
    // The last quarter is for others; of a batch that is accepted in part, the rest comes back as well.
    const other = await producer.user('other');
    const jobs = Array.from({ length: 100 }, () => PROBE);
    const batch = await other.call('POST', '/api/v1/jobs/batch', { jobs });
    const statuses = (batch.body.results as { status: number }[]).map(({ status }) => status);
    expect([batch.status, batch.headers.get('retry-after')]).toEqual([207, '5']);
    expect(statuses.filter((status) => status === 202)).toHaveLength(75);
    expect(statuses.filter((status) => status === 503)).toHaveLength(25);
    const { rows } = await producer.space.postgres.db.$client.query<{ jobs: number }>(
      'SELECT count(*)::int AS jobs FROM jobs WHERE queued_at IS NULL',
    );
    expect(rows[0]?.jobs).toBe(300);
    await admin.config('SET', 'min-replicas-to-write', 0);
    await noteAllQueued();
    await whenQueuedAgain();
  });
});
