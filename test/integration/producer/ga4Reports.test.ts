import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import type { TestProducer } from './support.js';
import { openProducer } from './support.js';

const REPORT = { propertyId: '123456789', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };
const PATH = '/api/v1/ga4/reports';

describe('POST /api/v1/ga4/reports', () => {
  let producer: TestProducer;
  let member: HttpClient;
  beforeAll(async () => {
    producer = await openProducer();
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

  it('refuses a second report of a dedupeKey that is unfinished', async () => {
    await member.expect(202, 'POST', PATH, { ...REPORT, dedupeKey: 'weekly' });
    expect((await member.call('POST', PATH, { ...REPORT, dedupeKey: 'weekly' })).status).toBe(409);
  });
});
