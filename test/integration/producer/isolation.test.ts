import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { DocumentedRoute } from './openapiDocument.js';
import { listRoutes, readDocument } from './openapiDocument.js';
import type { TestProducer } from './support.js';
import { openProducer, PROBE, settle, submit } from './support.js';

const CANARY = 'canary-of-beta';

/** What a route is asked by an owner of another tenant, and what that one must hear. */
interface Attack {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Which of beta's ids goes into the path. */
  readonly aim?: 'waiting' | 'done' | 'dead' | 'letter' | 'schedule';
}

/** Every route with a credential. A new route fails this test until it has its line here. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  'POST /api/v1/jobs': { status: 202, body: PROBE },
  'POST /api/v1/jobs/batch': { status: 207, body: { jobs: [PROBE] } },
  'POST /api/v1/ga4/reports': {
    status: 403,
    body: { propertyId: '1', report: 'page_views', startDate: '7daysAgo', endDate: 'today' },
  },
  'GET /api/v1/jobs': { status: 200 },
  'GET /api/v1/jobs/{id}': { status: 404, aim: 'done' },
  'GET /api/v1/jobs/{id}/result': { status: 404, aim: 'done' },
  'GET /api/v1/jobs/{id}/events': { status: 404, aim: 'done' },
  // A stream never ends, so here it is refused; what it tells is tested with streams.
  'GET /api/v1/events': { status: 400, headers: { 'last-event-id': 'x'.repeat(65) } },
  'DELETE /api/v1/jobs/{id}': { status: 404, aim: 'waiting' },
  'POST /api/v1/jobs/{id}/retry': { status: 404, aim: 'dead' },
  'GET /api/v1/queue': { status: 200 },
  'GET /api/v1/tasks': { status: 200 },
  'GET /api/v1/analytics': { status: 200 },
  'GET /api/v1/dead-letters': { status: 200 },
  'POST /api/v1/dead-letters/{id}/redrive': { status: 404, aim: 'letter' },
  'POST /api/v1/schedules': { status: 201, body: { ...PROBE, everyMs: 3_600_000 } },
  'GET /api/v1/schedules': { status: 200 },
  'GET /api/v1/schedules/{id}': { status: 404, aim: 'schedule' },
  'DELETE /api/v1/schedules/{id}': { status: 404, aim: 'schedule' },
  'GET /api/v1/admin/tenants': { status: 403 },
  'POST /api/v1/admin/tenants': { status: 403, body: { id: 'gamma' } },
  'GET /api/v1/admin/tenants/{id}': { status: 403 },
  'PATCH /api/v1/admin/tenants/{id}': { status: 403, body: { name: 'taken' } },
  'DELETE /api/v1/admin/tenants/{id}': { status: 403 },
  'GET /api/v1/admin/tenants/{id}/keys': { status: 403 },
  'POST /api/v1/admin/tenants/{id}/keys': { status: 403, body: { role: 'owner' } },
  'DELETE /api/v1/admin/tenants/{id}/keys/{keyId}': { status: 403 },
  'GET /api/v1/admin/tenants/{id}/webhook-secret': { status: 404 },
  'GET /api/v1/admin/tenants/{id}/limits': { status: 404 },
  'PUT /api/v1/admin/tenants/{id}/limits': { status: 404, body: { upstreams: {} } },
  'GET /api/v1/admin/fleet': { status: 403 },
  'GET /api/v1/admin/analytics': { status: 403 },
};

describe('tenant isolation', () => {
  let producer: TestProducer;
  let alpha: HttpClient;
  let routes: DocumentedRoute[];
  const ids = new Map<string, string>();
  beforeAll(async () => {
    producer = await openProducer();
    alpha = await producer.user('alpha');
    const beta = await producer.user('beta', 'owner', CANARY);
    for (const name of ['waiting', 'done', 'dead']) {
      ids.set(name, await submit(beta, { data: { note: CANARY }, dedupeKey: `${CANARY}-${name}` }));
    }
    await settle(producer.space, idOf('done'), 'completed');
    await settle(producer.space, idOf('dead'), 'dead');
    const { deadLetters } = await beta.expect(200, 'GET', '/api/v1/dead-letters');
    ids.set('letter', (deadLetters as { id: string }[])[0]?.id ?? '');
    const schedule = { task: 'system.probe', data: { note: CANARY }, everyMs: 3_600_000 };
    ids.set('schedule', String((await beta.expect(201, 'POST', '/api/v1/schedules', schedule)).id));
    const { keys } = await producer.operator.expect(200, 'GET', '/api/v1/admin/tenants/beta/keys');
    ids.set('key', (keys as { id: string }[])[0]?.id ?? '');
    await until('all is noted', async () => {
      const { rows } = await query("SELECT 1 FROM jobs WHERE state = 'accepted'");
      return rows.length === 0;
    });
    routes = listRoutes(await readDocument(producer)).filter(({ operation }) => operation.security.length > 0);
  });
  afterAll(() => producer.close());

  const query = (text: string) => producer.space.postgres.db.$client.query(text);
  const idOf = (name: string): string => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(name);
    return id;
  };
  const aimed = (path: string, { aim }: Attack): string =>
    path.replace('{id}', aim === undefined ? 'beta' : idOf(aim)).replace('{keyId}', idOf('key'));
  const whatBetaHas = async () => [
    (await query("SELECT * FROM jobs WHERE tenant_id = 'beta' ORDER BY id")).rows,
    (await query("SELECT * FROM dead_letters WHERE tenant_id = 'beta'")).rows,
    (await query("SELECT * FROM schedules WHERE tenant_id = 'beta'")).rows,
    (await query("SELECT * FROM tenants WHERE id = 'beta'")).rows,
    (await query("SELECT * FROM api_keys WHERE tenant_id = 'beta'")).rows,
  ];

  it('has an attack for every route with a credential, and no other', () => {
    expect(Object.keys(ATTACKS).sort()).toEqual(routes.map(({ name }) => name).sort());
    expect(routes.length).toBeGreaterThan(15);
  });

  it('lets no route tell, change or count what is of another tenant', async () => {
    const before = await whatBetaHas();
    for (const { name, method, path } of routes) {
      const attack = ATTACKS[name] ?? { status: 0 };
      const answer = await alpha.call(method, aimed(path, attack), attack.body, attack.headers);
      expect([name, answer.status]).toEqual([name, attack.status]);
      const heard = JSON.stringify(answer.body) + JSON.stringify([...answer.headers]);
      for (const secret of [CANARY, ...ids.values()]) expect(heard).not.toContain(secret);
    }
    expect(await whatBetaHas()).toEqual(before);
    const { counts } = await (await producer.user('alone')).expect(200, 'GET', '/api/v1/queue');
    expect(counts).toEqual({ byState: {}, byTask: {} });
  });

  it('answers the same for an id of another tenant and for one that is not there', async () => {
    for (const { name, method, path } of routes) {
      const attack = ATTACKS[name] ?? { status: 0 };
      if (!path.includes('{id}')) continue;
      const nothing = path.replace('{id}', attack.aim === undefined ? 'nobody' : crypto.randomUUID());
      const other = await alpha.call(method, nothing.replace('{keyId}', crypto.randomUUID()), attack.body);
      const theirs = await alpha.call(method, aimed(path, attack), attack.body);
      expect({ name, ...other.body, instance: '' }).toEqual({ name, ...theirs.body, instance: '' });
    }
  });

  it('lets nobody in by naming another tenant in the header, nor without a credential', async () => {
    for (const { name, method, path } of routes) {
      const attack = ATTACKS[name] ?? { status: 0 };
      const named = await alpha.call(method, aimed(path, attack), attack.body, { 'x-tenant-id': 'beta' });
      expect([name, named.status]).toEqual([name, 403]);
      const nobody = await producer.client('slk_nobody').call(method, aimed(path, attack), attack.body);
      expect([name, nobody.status]).toEqual([name, 401]);
    }
  });
});
