import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { TestProducer } from './support.js';
import { openProducer, PROBE, settle, submit } from './support.js';
import type { TcpProxy } from './tcpProxy.js';
import { openTcpProxy } from './tcpProxy.js';

const REDIS = { ...PROBE, durability: 'redis' };

describe('durability redis while the ledger is away', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  let postgres: TcpProxy;
  beforeAll(async () => {
    postgres = await openTcpProxy(inject('databaseUrl'));
    const url = new URL(inject('databaseUrl'));
    url.host = postgres.host;
    producer = await openProducer({ DATABASE_URL: url.href });
    acme = await producer.user('acme');
  });
  afterAll(async () => {
    postgres.mend();
    await producer.close();
    await postgres.close();
  });
  beforeEach(async () => {
    postgres.mend();
    await until(
      'the ledger is there',
      async () => (await acme.call('POST', '/api/v1/jobs', PROBE)).status === 202,
      60_000,
    );
  });

  const post = (body: object, key?: string) =>
    acme.call('POST', '/api/v1/jobs', body, key === undefined ? {} : { 'idempotency-key': key });
  const query = async <Row extends object>(text: string, ...values: unknown[]) =>
    (await producer.space.postgres.db.$client.query<Row>(text, values)).rows;
  const whenKeyIsStale = (sinceMs = Date.now()) =>
    until('the key is no longer trusted unasked', () => Date.now() - sinceMs > 1_500);
  const whenWritten = (ids: readonly unknown[]) =>
    until(
      'every row is there',
      async () => (await query('SELECT 1 FROM jobs WHERE id = ANY($1)', ids)).length === ids.length,
      60_000,
    );

  it('goes on with keys that are known, refuses those that are not, and the ledger catches up', async () => {
    postgres.cut();
    await whenKeyIsStale();
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(REDIS)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect((await post(PROBE)).status).toBe(503);
    expect((await producer.client('slk_nobody').call('POST', '/api/v1/jobs', REDIS)).status).toBe(503);
    postgres.mend();
    await whenWritten(answers.map(({ body }) => body.id));
  });

  it('goes on while the ledger is silent', async () => {
    postgres.freeze();
    await whenKeyIsStale();
    for (let i = 0; i < 20; i++) expect((await post(REDIS)).status).toBe(202);
    postgres.cut();
  });

  it('gives an equal request the same id whichever store answers, and refuses another body', async () => {
    postgres.cut();
    const first = await post(REDIS, 'same');
    expect(first).toMatchObject({ status: 202 });
    expect((await post(REDIS, 'same')).body.id).toBe(first.body.id);
    expect((await post({ ...REDIS, priority: 7 }, 'same')).status).toBe(422);
    postgres.mend();
    await whenWritten([first.body.id]);
    expect((await post(REDIS, 'same')).body.id).toBe(first.body.id);
    expect((await post({ ...REDIS, priority: 7 }, 'same')).status).toBe(422);
    expect(await query('SELECT 1 FROM idempotency_keys WHERE seed = $1', first.body.id)).toHaveLength(1);
  });

  it('keeps the id of a request that the ledger saw first', async () => {
    const first = await post(REDIS, 'before');
    postgres.cut();
    expect((await post(REDIS, 'before')).body.id).toBe(first.body.id);
  });

  it('lets a key be used again after a refusal', async () => {
    const wrong = { ...REDIS, task: 'no.such.task' };
    expect((await post(wrong, 'refused')).status).toBe(404);
    expect((await post(REDIS, 'refused')).status).toBe(202);
  });

  it('tells duplicates by the ledger while it is there, and by Redis while it is not', async () => {
    const unique = { ...REDIS, dedupeKey: 'one' };
    const first = await post(unique);
    expect(first.status).toBe(202);
    expect(await post(unique)).toMatchObject({ status: 409, body: { code: 'duplicate_job', jobId: first.body.id } });
    postgres.cut();
    expect(await post(unique)).toMatchObject({ status: 409, body: { code: 'duplicate_job', jobId: first.body.id } });
    const second = await post({ ...unique, dedupeKey: 'two' });
    expect(second.status).toBe(202);
    expect(await post({ ...unique, dedupeKey: 'two' })).toMatchObject({ status: 409, body: { jobId: second.body.id } });
    postgres.mend();
    await whenWritten([second.body.id]);
    expect(await post({ ...unique, dedupeKey: 'two' })).toMatchObject({ status: 409, body: { jobId: second.body.id } });
  });

  it('writes both rows when the ledger took a job of the same dedupeKey before it heard of the first', async () => {
    const unique = { ...REDIS, dedupeKey: 'both' };
    postgres.cut();
    const first = await post(unique);
    expect(first.status).toBe(202);
    // Through another way to the ledger than the one that is cut.
    const [row] = await query<{ id: string }>(
      `INSERT INTO jobs (id, tenant_id, role, task, queue_class, state, priority, data, max_attempts, timeout_ms, dedupe_key, durability)
       VALUES (gen_random_uuid(), 'acme', 'owner', 'system.probe', 'default', 'accepted', 50, '{}', 1, 1000, 'both', 'ledger') RETURNING id`,
    );
    postgres.mend();
    await whenWritten([first.body.id, row?.id]);
  });
});

describe('dedupeKey and marks', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  beforeAll(async () => {
    producer = await openProducer();
    acme = await producer.user('acme');
  });
  afterAll(() => producer.close());
  const rowOf = async (id: unknown) =>
    (await producer.space.postgres.db.$client.query('SELECT state, queued_at FROM jobs WHERE id = $1', [id])).rows[0];

  it('leaves a job accepted whose lane still holds one of its dedupeKey that is over', async () => {
    const unique = { ...PROBE, dedupeKey: 'over' };
    const first = await submit(acme, unique);
    await settle(producer.space, first, 'completed');
    const second = await acme.expect(202, 'POST', '/api/v1/jobs', unique);
    expect(second).toMatchObject({ state: 'accepted', message: expect.stringContaining('not queued yet') });
    await until(
      'the first is marked, and with it all that was noted before',
      async () => (await rowOf(await submit(acme)))?.state,
    );
    expect(await rowOf(second.id)).toEqual({ state: 'accepted', queued_at: null });
  });

  it('shows a job as queued or delayed before its mark, and marks it soon', async () => {
    const id = await submit(acme);
    const delayed = await submit(acme, { delayMs: 60_000 });
    expect(await acme.expect(200, 'GET', `/api/v1/jobs/${id}`)).toMatchObject({ state: 'queued' });
    expect(await acme.expect(200, 'GET', `/api/v1/jobs/${delayed}`)).toMatchObject({ state: 'delayed' });
    await until('both are marked', async () => {
      const states = [(await rowOf(id))?.state, (await rowOf(delayed))?.state];
      return states.join() === 'queued,delayed';
    });
  });

  it('does not mark a job that was driven back, so that a death that was under way is repaired', async () => {
    const id = await submit(acme);
    await settle(producer.space, id, 'dead');
    expect(await acme.expect(202, 'POST', `/api/v1/jobs/${id}/retry`)).toMatchObject({ state: 'queued' });
    const after = await submit(acme);
    await until('a later job is marked', async () => (await rowOf(after))?.state === 'queued');
    expect(await rowOf(id)).toEqual({ state: 'accepted', queued_at: null });
    expect(await acme.expect(200, 'GET', `/api/v1/jobs/${id}`)).toMatchObject({ state: 'queued' });
  });
});
