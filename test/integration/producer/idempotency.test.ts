import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import type { TestProducer } from './support.js';
import { openProducer, PROBE, settle, submit } from './support.js';

describe('Idempotency-Key', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  beforeAll(async () => {
    producer = await openProducer();
    acme = await producer.user('acme');
  });
  afterAll(() => producer.close());

  const post = (key: string, body: object = PROBE, path = '/api/v1/jobs') =>
    acme.call('POST', path, body, { 'idempotency-key': key });
  const countJobs = async (): Promise<number> => {
    const { rows } = await producer.space.postgres.db.$client.query("SELECT 1 FROM jobs WHERE tenant_id = 'acme'");
    return rows.length;
  };

  it('gives twenty equal requests that come at once one job and one answer', async () => {
    const before = await countJobs();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('race')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
    expect(await countJobs()).toBe(before + 1);
    expect((await post('race')).headers.get('idempotency-replayed')).toBe('true');
  });

  it('refuses the same key with another body or path, and a key that is none', async () => {
    await post('other');
    expect(await post('other', { ...PROBE, priority: 1 })).toMatchObject({ status: 422 });
    expect(await post('other', { jobs: [PROBE] }, '/api/v1/jobs/batch')).toMatchObject({ status: 422 });
    expect((await post('x'.repeat(256))).status).toBe(400);
  });

  it('keeps tenants and the operator apart', async () => {
    const other = await producer.user('operator');
    const { body } = await post('shared');
    const theirs = await other.call('POST', '/api/v1/jobs', PROBE, { 'idempotency-key': 'shared' });
    expect(theirs.status).toBe(202);
    expect(theirs.body.id).not.toBe(body.id);
    const made = await producer.operator.call(
      'POST',
      '/api/v1/admin/tenants',
      { id: 'idem' },
      { 'idempotency-key': 'shared' },
    );
    expect(made.status).toBe(201);
  });

  it('replays a batch, with the same ids', async () => {
    const body = { jobs: [PROBE, { task: 'no', data: {} }, PROBE] };
    const first = await post('batch', body, '/api/v1/jobs/batch');
    expect(first.status).toBe(207);
    expect((await post('batch', body, '/api/v1/jobs/batch')).body).toEqual(first.body);
  });

  it('lets a refused request be tried again', async () => {
    const dedupeKey = 'once';
    const id = await submit(acme, { dedupeKey });
    expect((await post('again', { ...PROBE, dedupeKey })).status).toBe(409);
    await settle(producer.space, id, 'completed');
    expect((await post('again', { ...PROBE, dedupeKey })).status).toBe(202);
  });

  it('makes the same id again when the first try got no answer', async () => {
    const { body } = await post('lost');
    // As if the process had died after the commit: a hold that has run out, without an answer.
    await producer.space.postgres.db.$client.query(
      `UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL, held_until = now() - interval '1 second'
       WHERE scope = 'acme' AND key = 'lost'`,
    );
    const before = await countJobs();
    const again = await post('lost');
    expect(again).toMatchObject({ status: 202, body: { id: body.id, state: 'queued' } });
    expect(await countJobs()).toBe(before);
  });

  it('replays a created key without the ledger ever holding it', async () => {
    const create = () =>
      producer.operator.call(
        'POST',
        '/api/v1/admin/tenants/acme/keys',
        { role: 'viewer' },
        { 'idempotency-key': 'key' },
      );
    const first = await create();
    expect(first.status).toBe(201);
    expect((await create()).body).toEqual(first.body);
    const { rows } = await producer.space.postgres.db.$client.query('SELECT * FROM idempotency_keys');
    expect(JSON.stringify(rows)).not.toContain('slk_');
  });
});
