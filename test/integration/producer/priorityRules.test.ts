import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import type { TestProducer } from './support.js';
import { openProducer, submit } from './support.js';

const ALWAYS = { timeZone: 'Europe/Berlin', days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' };

describe('rules of priority', () => {
  let producer: TestProducer;
  beforeAll(async () => {
    producer = await openProducer({ GA4_ANY_PROPERTY: 'true' });
  });
  afterAll(() => producer.close());

  const setRules = (tenant: string, priorityRules: unknown) =>
    producer.operator.call('PATCH', `/api/v1/admin/tenants/${tenant}`, { priorityRules });

  /** The rules that a request goes by may be those of a second ago. */
  async function withRules(tenant: string, rules: unknown, userId = 'ann'): Promise<HttpClient> {
    await producer.user(tenant);
    const { status, body } = await setRules(tenant, rules);
    expect([status, body.priorityRules]).toEqual([200, rules]);
    return producer.user(tenant, 'member', userId);
  }

  async function positions(client: HttpClient, ids: readonly string[]): Promise<unknown[]> {
    const jobs = await Promise.all(ids.map((id) => client.expect(200, 'GET', `/api/v1/jobs/${id}`)));
    return jobs.map(({ position }) => position);
  }

  const pointsOf = async (id: string): Promise<number> => {
    const { rows } = await producer.space.postgres.db.$client.query('SELECT rule_points FROM jobs WHERE id = $1', [id]);
    return rows[0].rule_points;
  };

  const report = async (client: HttpClient, more: object): Promise<string> => {
    const data = {
      propertyId: '1',
      report: 'run_report',
      metrics: ['sessions'],
      startDate: '7daysAgo',
      endDate: 'today',
    };
    const body = { task: 'ga4.run_report', data: { ...data, ...more } };
    return String((await client.expect(202, 'POST', '/api/v1/jobs', body)).id);
  };

  it('are off unless somebody turns them on, and can be turned off again', async () => {
    const ann = await producer.user('plain', 'member', 'ann');
    expect(await pointsOf(await report(ann, { dimensions: ['date', 'country', 'city'] }))).toBe(0);
    const { status, body } = await setRules('plain', null);
    expect([status, body.priorityRules]).toEqual([200, null]);
  });

  it('put the more complex report behind', async () => {
    const ann = await withRules('complex', { complexity: { maxPoints: 2_000 } });
    const large = await report(ann, { dimensions: ['date', 'country', 'city'], startDate: '365daysAgo' });
    const small = await report(ann, {});
    expect(await positions(ann, [small, large])).toEqual([1, 2]);
    expect(await pointsOf(small)).toBeLessThan(await pointsOf(large));
  });

  it('put one behind who has submitted much of late, and not the others', async () => {
    const rules = { recentUse: { freeJobs: 2, pointsPerJob: 60, maxPoints: 300 } };
    const ann = await withRules('busy', rules);
    const bob = await producer.user('busy', 'member', 'bob');
    const anns: string[] = [];
    for (let i = 0; i < 4; i++) anns.push(await submit(ann));
    const bobs = await submit(bob);
    expect(await Promise.all([...anns, bobs].map(pointsOf))).toEqual([0, 0, 0, 60, 0]);
    expect(await positions(ann, [anns[2] ?? '', bobs, anns[3] ?? ''])).toEqual([3, 4, 5]);
    const { body } = await ann.call('POST', '/api/v1/jobs/batch', {
      jobs: Array.from({ length: 10 }, () => ({ task: 'system.probe', data: {} })),
    });
    const ids = (body.results as { id: string }[]).map(({ id }) => id);
    const points = await Promise.all(ids.map(pointsOf));
    expect(points.at(0)).toBeGreaterThan(60);
    expect(points.at(-1)).toBe(300);
  });

  it('put jobs of business hours ahead', async () => {
    const before = await submit(await producer.user('hours', 'member', 'ann'));
    const ann = await withRules('hours', { businessHours: { ...ALWAYS, points: -600 } }, 'bob');
    const after = await submit(ann);
    expect(await pointsOf(after)).toBe(-600);
    expect(await positions(ann, [after, before])).toEqual([1, 2]);
  });

  it('are refused with what is wrong of them', async () => {
    await producer.user('wrong');
    const { status, body } = await setRules('wrong', {
      businessHours: { ...ALWAYS, timeZone: 'Mars/Base', points: 5_001 },
      recentUse: { freeJobs: -1 },
    });
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect((body.errors as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining([
        '/priorityRules/businessHours/timeZone',
        '/priorityRules/businessHours/points',
        '/priorityRules/recentUse/freeJobs',
      ]),
    );
  });
});
