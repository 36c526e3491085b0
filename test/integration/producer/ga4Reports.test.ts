import { blockQuota } from '@sluice/limits/internal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { TestProducer } from './support.js';
import { openProducer } from './support.js';

const REPORT = { propertyId: '123456789', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };
const PATH = '/api/v1/ga4/reports';

describe('POST /api/v1/ga4/reports', () => {
  let producer: TestProducer;
  let member: HttpClient;
  beforeAll(async () => {
    producer = await openProducer({ GA4_ANY_PROPERTY: 'true' });
    member = await producer.user('acme', 'member');
  });
  afterAll(() => producer.close());

  it('queues a report and tells its place and wait, also in words', async () => {
    const first = await member.call('POST', PATH, REPORT);
    expect(first.status).toBe(202);
    expect(first.headers.get('location')).toBe(`/api/v1/jobs/${first.body.id}`);
    expect(Object.keys(first.body).sort()).toEqual([
      'estimatedWaitMs',
      'estimatedWaitP90Ms',
      'id',
      'message',
      'position',
      'state',
    ]);
    expect(first.body).toMatchObject({ state: 'queued', position: 1, message: 'Position 1 in queue' });
    const { body } = await member.call('POST', PATH, REPORT);
    expect(body).toMatchObject({ position: 2, message: 'Position 2 in queue' });
    expect(await member.expect(200, 'GET', `/api/v1/jobs/${first.body.id}`)).toMatchObject({
      task: 'ga4.run_report',
      priority: 50,
    });
  });

  it('puts owners and urgent reports first', async () => {
    const tenant = 'ordered';
    const viewer = await producer.user(tenant, 'viewer');
    const owner = await producer.user(tenant, 'owner');
    await viewer.call('POST', PATH, REPORT);
    expect((await owner.call('POST', PATH, { ...REPORT, priority: 10 })).body).toMatchObject({ position: 1 });
    expect((await owner.call('POST', PATH, { ...REPORT, priority: 90 })).body).toMatchObject({ position: 1 });
    expect((await viewer.call('POST', PATH, { ...REPORT, priority: 0 })).body).toMatchObject({ position: 4 });
  });

  it('answers the same request with the same key the same, words included', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await member.call('POST', PATH, REPORT, headers);
    const again = await member.call('POST', PATH, REPORT, headers);
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await member.call('POST', PATH, { ...REPORT, priority: 1 }, headers)).status).toBe(422);
  });

  it('refuses a report that GA4 would refuse, at the property that is wrong', async () => {
    const { status, body } = await member.call('POST', PATH, { ...REPORT, startDate: 'today', endDate: '7daysAgo' });
    expect([status, body.errors]).toEqual([400, [{ pointer: '/endDate', message: 'must not be before startDate' }]]);
    const unknown = await member.call('POST', PATH, { ...REPORT, colour: 'red' });
    expect([unknown.status, unknown.body.errors]).toMatchObject([400, [{ pointer: '/colour' }]]);
    const missing = await member.call('POST', PATH, { ...REPORT, report: 'run_report' });
    expect([missing.status, missing.body.errors]).toMatchObject([400, [{ pointer: '/metrics' }]]);
  });

  it('tells a wait no shorter than that of a property which asked to be left alone', async () => {
    const { redis, keys } = producer.space;
    // No wait is told while no worker lives.
    await redis.client.zadd(keys.workers, Date.now() + 3_600_000, 'within-the-test');
    await until('it is known that one does', async () => {
      return (await member.expect(200, 'GET', '/api/v1/queue')).estimatedWaitMs !== null;
    });
    await blockQuota(redis.client, keys, { tenantId: 'acme', upstream: 'ga4:777' }, 600_000);
    const { status, body } = await member.call('POST', PATH, { ...REPORT, propertyId: '777' });
    expect([status, body.message]).toEqual([202, expect.stringMatching(/^Position \d+ in queue, ~10min wait$/)]);
    expect(body.estimatedWaitMs).toBeGreaterThan(540_000);
    const other = await member.call('POST', PATH, { ...REPORT, propertyId: '778' });
    expect(other.body.estimatedWaitMs).toBeLessThan(540_000);
  });

  it('refuses a second report of a dedupeKey that is unfinished', async () => {
    await member.expect(202, 'POST', PATH, { ...REPORT, dedupeKey: 'weekly' });
    expect((await member.call('POST', PATH, { ...REPORT, dedupeKey: 'weekly' })).status).toBe(409);
  });
});

describe('a tenant', () => {
  const OTHERS = { ...REPORT, propertyId: '999' };
  let producer: TestProducer;
  let owner: HttpClient;
  beforeAll(async () => {
    producer = await openProducer();
    owner = await producer.user('acme');
    await producer.operator.expect(200, 'PATCH', '/api/v1/admin/tenants/acme', { ga4Properties: ['123456789'] });
  });
  afterAll(() => producer.close());

  const countJobs = async (): Promise<number> => {
    const { rows } = await producer.space.postgres.db.$client.query('SELECT count(*)::int AS jobs FROM jobs');
    return rows[0].jobs;
  };

  it('is told which property it may not read and what to do, on every way in, and nothing is accepted', async () => {
    const job = { task: 'ga4.run_report', data: OTHERS };
    const before = await countJobs();
    const ways = [
      [PATH, OTHERS, '/propertyId'],
      ['/api/v1/jobs', job, '/data/propertyId'],
      ['/api/v1/jobs', { ...job, durability: 'redis' }, '/data/propertyId'],
      ['/api/v1/schedules', { ...job, everyMs: 3_600_000 }, '/data/propertyId'],
    ] as const;
    for (const [path, body, pointer] of ways) {
      const refused = await owner.call('POST', path, body);
      const message = expect.stringContaining('PATCH /api/v1/admin/tenants/acme {"ga4Properties": ["999"]}');
      expect([path, refused.status, refused.body.code]).toEqual([path, 403, 'forbidden']);
      expect(refused.body.errors).toEqual([{ pointer, message }]);
    }
    expect(await countJobs()).toBe(before);
  });

  it('has the rest of a batch accepted, and its own property read', async () => {
    const jobs = ['999', '123456789'].map((propertyId) => ({
      task: 'ga4.run_report',
      data: { ...REPORT, propertyId },
    }));
    const { results } = await owner.expect(207, 'POST', '/api/v1/jobs/batch', { jobs });
    expect((results as { status: number }[]).map(({ status }) => status)).toEqual([403, 202]);
    expect((await owner.call('POST', PATH, REPORT)).status).toBe(202);
  });

  it('reads none before it is given one, and gives itself none', async () => {
    const other = await producer.user('beta');
    expect((await other.call('POST', PATH, REPORT)).status).toBe(403);
    const grab = await other.call('PATCH', '/api/v1/admin/tenants/beta', { ga4Properties: ['123456789'] });
    expect(grab.status).toBe(403);
    const made = { id: 'gamma', ga4Properties: ['1', '2'] };
    expect(await producer.operator.expect(201, 'POST', '/api/v1/admin/tenants', made)).toMatchObject(made);
    const wrong = await producer.operator.call('PATCH', '/api/v1/admin/tenants/gamma', { ga4Properties: ['x'] });
    expect([wrong.status, wrong.body.errors]).toMatchObject([400, [{ pointer: '/ga4Properties/0' }]]);
    expect(await producer.operator.expect(200, 'GET', '/api/v1/admin/tenants/gamma')).toMatchObject(made);
  });
});
