import { registerLanes } from '@sluice/fleet/redis/commands/registerLanes';
import { newId } from '@sluice/shared/ids/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import { plainQueue } from '../queue/support.js';
import type { TestProducer } from './support.js';
import { openProducer, PROBE } from './support.js';

const HOUR_MS = 3_600_000;
const HOURLY = { ...PROBE, everyMs: HOUR_MS };

describe('schedules', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  beforeAll(async () => {
    producer = await openProducer();
    acme = await producer.user('acme');
  });
  afterAll(() => producer.close());

  const query = (text: string, values: unknown[] = []) => producer.space.postgres.db.$client.query(text, values);
  const create = (client: HttpClient, body: object) => client.expect(201, 'POST', '/api/v1/schedules', body);
  const queueOf = (tenantId: string) =>
    plainQueue({ tenantId, queueClass: 'default' }, producer.space.redis, producer.space.keys);
  async function schedulersOf(tenantId: string) {
    const queue = queueOf(tenantId);
    const found = await queue.getJobSchedulers();
    const delayed = await queue.getDelayed();
    await queue.close();
    return { found, delayed };
  }

  it('are made by cron in a time zone, told with their next run, and are BullMQ job schedulers', async () => {
    const body = { ...PROBE, cron: '30 6 * * 1-5', timezone: 'Europe/Berlin', priority: 80, attempts: 2 };
    const cronOnes = await producer.user('cron', 'admin', 'ann');
    const answer = await cronOnes.call('POST', '/api/v1/schedules', body);
    expect(answer.status).toBe(201);
    const { id } = answer.body;
    expect(answer.headers.get('location')).toBe(`/api/v1/schedules/${id}`);
    expect(answer.body).toMatchObject({
      task: 'system.probe',
      cron: '30 6 * * 1-5',
      timezone: 'Europe/Berlin',
      everyMs: null,
      priority: 80,
      attempts: 2,
      role: 'admin',
      userId: 'ann',
      data: { sleepMs: 0, fail: 'never' },
      lastJob: null,
    });
    const next = new Date(String(answer.body.nextRunAt));
    const berlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'short' });
    expect(berlin.format(next)).toBe('06:30');
    expect(await cronOnes.expect(200, 'GET', `/api/v1/schedules/${id}`)).toEqual(answer.body);
    const { found, delayed } = await schedulersOf('cron');
    expect(found).toMatchObject([
      { key: `sluice-${id}`, name: 'system.probe', pattern: '30 6 * * 1-5', tz: 'Europe/Berlin', next: next.getTime() },
    ]);
    expect(delayed.map(({ opts }) => opts)).toMatchObject([
      { attempts: 2, backoff: { type: 'sluice' }, priority: 7_001 },
    ]);
  });

  it('of an interval run whole intervals after they were made', async () => {
    const { createdAt, nextRunAt, timezone } = await create(acme, HOURLY);
    expect(Date.parse(String(nextRunAt)) - Date.parse(String(createdAt))).toBe(HOUR_MS);
    expect(timezone).toBeNull();
  });

  it.each([
    [{}, '/cron', 'Give either cron or everyMs'],
    [{ cron: '* * * * *', everyMs: 5_000 }, '/everyMs', 'not both'],
    [{ everyMs: 5_000, timezone: 'UTC' }, '/timezone', 'only valid with cron'],
    [{ everyMs: 999 }, '/everyMs', '1000'],
    [{ everyMs: 1.5e3 + 0.5 }, '/everyMs', 'int'],
    [{ everyMs: 1e15 }, '/everyMs', 'Too big'],
    [{ cron: '' }, '/cron', ''],
    [{ cron: '   ' }, '/cron', 'empty'],
    [{ cron: '* '.repeat(200) }, '/cron', '200'],
    [{ cron: '61 * * * *' }, '/cron', '0-59'],
    [{ cron: '* * * * * * *' }, '/cron', 'too many fields'],
    [{ cron: 'H * * * *' }, '/cron', 'H'],
    [{ cron: '0 0 31 4,6,9 *' }, '/cron', 'No year has such a day'],
    [{ cron: '$(reboot) * * * *' }, '/cron', 'Invalid'],
    [{ cron: '* * * * *', timezone: 'Mars/Olympus' }, '/timezone', 'IANA'],
    [{ cron: '* * * * *', timezone: '+02:00' }, '/timezone', 'IANA'],
    [{ cron: '* * * * *', timezone: 'local' }, '/timezone', 'IANA'],
    [{ everyMs: 5_000, data: { sleepMs: -1 } }, '/data/sleepMs', ''],
    [{ everyMs: 5_000, delayMs: 1 }, '/delayMs', 'Unknown property'],
    [{ everyMs: 5_000, priority: 101 }, '/priority', ''],
    [{ everyMs: 5_000, attempts: 0 }, '/attempts', ''],
  ])('that are not valid are refused with the field named: %j', async (change, pointer, part) => {
    const { status, body } = await acme.call('POST', '/api/v1/schedules', { ...PROBE, ...change });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'invalid_request' });
    const problems = body.errors as { pointer: string; message: string }[];
    expect(problems[0]?.pointer).toBe(pointer);
    expect(problems[0]?.message).toContain(part);
  });

  it('of an unknown task are refused as a job of it would be', async () => {
    const { body } = await acme.call('POST', '/api/v1/schedules', { task: 'no.such', data: {}, everyMs: 5_000 });
    expect(body).toMatchObject({ status: 404, code: 'unknown_task' });
  });

  it('with too much data, or hostile data, are refused as jobs are', async () => {
    const data = { url: 'https://example.com/hook', payload: 'x'.repeat(300_000) };
    const large = { task: 'notifications.webhook', data, everyMs: HOUR_MS };
    expect((await acme.call('POST', '/api/v1/schedules', large)).body).toMatchObject({ status: 413 });
    const hostile = [JSON.parse('{"__proto__": {}}'), { note: 'a\0b' }, { note: '\ud800' }];
    for (const some of hostile) {
      const { body } = await acme.call('POST', '/api/v1/schedules', { ...HOURLY, data: some });
      expect(body).toMatchObject({ status: 400, code: 'invalid_request' });
    }
    expect((await acme.call('POST', '/api/v1/schedules', { ...HOURLY, cron: '\0' })).status).toBe(400);
    expect((await acme.call('GET', '/api/v1/schedules?cursor=none')).status).toBe(400);
    expect((await acme.call('GET', '/api/v1/schedules/..%2f..%00')).status).toBe(400);
  });

  it('are made once for one Idempotency-Key', async () => {
    const once = await producer.user('once');
    const headers = { 'idempotency-key': 'nightly' };
    const [first, second] = [
      await once.call('POST', '/api/v1/schedules', HOURLY, headers),
      await once.call('POST', '/api/v1/schedules', HOURLY, headers),
    ];
    expect(second.body).toEqual(first.body);
    expect((await schedulersOf('once')).found).toHaveLength(1);
    const other = await once.call('POST', '/api/v1/schedules', { ...HOURLY, everyMs: 5_000 }, headers);
    expect(other.status).toBe(422);
  });

  it('are listed newest first, a page at a time', async () => {
    const many = await producer.user('many');
    const ids: unknown[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await create(many, HOURLY)).id);
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const page = await many.expect(200, 'GET', `/api/v1/schedules?limit=2${cursor}`);
      const schedules = page.schedules as { id: string; nextRunAt: string | null }[];
      expect(schedules.every(({ nextRunAt }) => nextRunAt !== null)).toBe(true);
      seen.push(...schedules.map(({ id }) => id));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(ids);
  });

  it('are at most a thousand per tenant, however many come at once', async () => {
    const full = await producer.user('full');
    const { id } = await create(full, HOURLY);
    await query(
      `INSERT INTO schedules SELECT gen_random_uuid(), tenant_id, user_id, role, task, queue_class, data, priority,
         max_attempts, timeout_ms, cron, timezone, every_ms FROM schedules, generate_series(1, 996) WHERE id = $1`,
      [id],
    );
    const answers = await Promise.all(Array.from({ length: 8 }, () => full.call('POST', '/api/v1/schedules', HOURLY)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409)?.body;
    expect(refused).toMatchObject({ code: 'limit_reached', detail: expect.stringContaining('1000') });
    await full.call('DELETE', `/api/v1/schedules/${id}`);
    await create(full, HOURLY);
  });

  it('are deleted by who made them, by an admin and an owner, and by nobody else', async () => {
    const [ann, bob, admin] = await Promise.all([
      producer.user('team', 'member', 'ann'),
      producer.user('team', 'member', 'bob'),
      producer.user('team', 'admin', 'eve'),
    ]);
    const paths = [];
    for (let i = 0; i < 2; i++) paths.push(`/api/v1/schedules/${(await create(ann, HOURLY)).id}`);
    const [first = '', second = ''] = paths;
    expect((await bob.call('DELETE', first)).body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await bob.call('GET', first)).status).toBe(200);
    expect((await ann.call('DELETE', first)).status).toBe(204);
    expect((await admin.call('DELETE', second)).status).toBe(204);
    for (const path of [...paths, '/api/v1/schedules/none', `/api/v1/schedules/${newId()}`]) {
      expect((await admin.call('DELETE', path)).body).toMatchObject({ status: 404, code: 'not_found' });
      expect((await admin.call('GET', path)).status).toBe(404);
    }
    expect(await schedulersOf('team')).toEqual({ found: [], delayed: [] });
  });

  it('take along what waits of them when they are deleted, also when it is due already', async () => {
    const due = await producer.user('due');
    const { id } = await create(due, { ...PROBE, everyMs: 1_000 });
    const queue = queueOf('due');
    const [waiting] = await queue.getDelayed();
    await waiting?.promote();
    expect(await queue.getPrioritizedCount()).toBe(1);
    expect((await due.call('DELETE', `/api/v1/schedules/${id}`)).status).toBe(204);
    expect(await queue.getPrioritizedCount()).toBe(0);
    await queue.close();
  });

  it('go with their tenant', async () => {
    const gone = await producer.user('gone');
    await create(gone, HOURLY);
    const { keys, redis } = producer.space;
    await registerLanes(redis.client, keys, [{ tenantId: 'gone', name: 'gone.default', jobs: 0 }]);
    await producer.operator.expect(204, 'DELETE', '/api/v1/admin/tenants/gone');
    expect((await query("SELECT 1 FROM schedules WHERE tenant_id = 'gone'")).rows).toEqual([]);
    expect(await schedulersOf('gone')).toEqual({ found: [], delayed: [] });
  });

  it('are run by the operator for the tenant that it names', async () => {
    await producer.user('named');
    const { status, body } = await producer.operator.call('POST', '/api/v1/schedules', HOURLY, {
      'x-tenant-id': 'named',
    });
    expect([status, body.role]).toEqual([201, 'owner']);
    await until('its scheduler is there', async () => (await schedulersOf('named')).found.length === 1);
  });
});
