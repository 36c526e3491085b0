import { claimJobs } from '@sluice/fleet/postgres/queries/claimJobs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { TestProducer } from './support.js';
import { openProducer, PROBE, settle, submit } from './support.js';
import type { TcpProxy } from './tcpProxy.js';
import { openTcpProxy } from './tcpProxy.js';

function through(url: string, proxy: TcpProxy): string {
  const changed = new URL(url);
  changed.host = proxy.host;
  return changed.href;
}

describe('a producer whose servers fail', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  let redis: TcpProxy;
  let postgres: TcpProxy;
  beforeAll(async () => {
    redis = await openTcpProxy(inject('redisUrl'));
    postgres = await openTcpProxy(inject('databaseUrl'));
    producer = await openProducer({
      REDIS_URL: through(inject('redisUrl'), redis),
      DATABASE_URL: through(inject('databaseUrl'), postgres),
    });
    acme = await producer.user('acme');
  });
  afterAll(async () => {
    redis.mend();
    postgres.mend();
    await producer.close();
    await redis.close();
    await postgres.close();
  });

  const health = async () => (await fetch(`${producer.url}/health`)).json();
  const whenHealthy = () =>
    until('all is well again', async () => ((await health()) as { status: string }).status === 'healthy');

  it('accepts, reads, lists and cancels without Redis', async () => {
    const dead = await submit(acme);
    await settle(producer.space, dead, 'dead');
    redis.cut();
    const answer = await acme.expect(202, 'POST', '/api/v1/jobs', PROBE);
    expect(answer).toMatchObject({ state: 'accepted', position: null, estimatedWaitMs: null });
    expect(await acme.expect(200, 'GET', `/api/v1/jobs/${answer.id}`)).toMatchObject({ state: 'accepted' });
    expect(await acme.expect(200, 'GET', '/api/v1/queue')).toMatchObject({ workers: { live: null } });
    expect(await acme.expect(202, 'POST', `/api/v1/jobs/${dead}/retry`)).toMatchObject({ state: 'accepted' });
    expect(await acme.expect(202, 'DELETE', `/api/v1/jobs/${dead}`)).toMatchObject({ state: 'cancelled' });
    const lost = await acme.call('POST', '/api/v1/jobs', { ...PROBE, durability: 'redis' });
    expect(lost).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(lost.headers.get('retry-after')).toBe('1');
    expect((await producer.operator.call('GET', '/api/v1/admin/fleet')).status).toBe(503);
    expect(await health()).toMatchObject({ status: 'degraded', redis: 'unhealthy', database: 'healthy' });
    expect((await fetch(`${producer.url}/readyz`)).status).toBe(200);

    const made = await acme.call('POST', '/api/v1/schedules', { ...PROBE, everyMs: 60_000 });
    expect(made).toMatchObject({ status: 201, body: { nextRunAt: null } });
    const path = `/api/v1/schedules/${made.body.id}`;
    expect(await acme.expect(200, 'GET', path)).toMatchObject({ nextRunAt: null, lastJob: null });
    expect(await acme.expect(200, 'GET', '/api/v1/schedules')).toMatchObject({ schedules: [{ id: made.body.id }] });
    expect((await acme.call('DELETE', path)).status).toBe(204);
    expect((await acme.call('GET', path)).status).toBe(404);

    redis.mend();
    await whenHealthy();
    await until('a new job is queued', async () => {
      return (await acme.expect(202, 'POST', '/api/v1/jobs', PROBE)).state === 'queued';
    });
  });

  it('accepts without waiting for a Redis that is silent', async () => {
    redis.freeze();
    expect(await acme.expect(202, 'POST', '/api/v1/jobs', PROBE)).toMatchObject({ state: 'accepted', position: null });
    redis.cut();
    redis.mend();
    await whenHealthy();
  });

  it('answers 503 with Retry-After without the ledger, and works again when it is back', async () => {
    await submit(acme);
    postgres.cut();
    const refused = await acme.call('POST', '/api/v1/jobs', PROBE, { 'idempotency-key': 'away' });
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await acme.call('GET', '/api/v1/jobs')).status).toBe(503);
    expect((await fetch(`${producer.url}/readyz`)).status).toBe(503);
    expect(await health()).toMatchObject({ status: 'unhealthy', database: 'unhealthy', queue_depth: null });
    postgres.mend();
    await whenHealthy();
    expect((await acme.call('POST', '/api/v1/jobs', PROBE, { 'idempotency-key': 'away' })).status).toBe(202);
  });

  it('writes the rows of durability redis once the ledger is back, and makes none twice', async () => {
    await submit(acme);
    const ids = await Promise.all(Array.from({ length: 5 }, () => submit(acme, { durability: 'redis' })));
    postgres.cut();
    const late = await acme.call('POST', '/api/v1/jobs', { ...PROBE, durability: 'redis' });
    // The credential is remembered for less than a second, so both answers are right.
    expect([202, 503]).toContain(late.status);
    postgres.mend();
    await whenHealthy();
    const expected = late.status === 202 ? [...ids, String(late.body.id)] : ids;
    for (const id of expected) {
      await until('the row is there', async () => (await acme.call('GET', `/api/v1/jobs/${id}`)).status === 200);
    }
    const claims = await claimJobs(
      producer.space.postgres.db,
      expected.map((id) => ({ id, tenantId: 'acme', workerId: 'w' })),
    );
    expect(claims.every((claim) => claim?.fence === 1)).toBe(true);
  });
});
