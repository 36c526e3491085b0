import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpAnswer, HttpClient } from '../../support/httpClient.js';
import type { DocumentedRoute, OpenApiDocument } from './openapiDocument.js';
import { listRoutes, readDocument } from './openapiDocument.js';
import type { TestProducer } from './support.js';
import { OPERATOR_KEY, openProducer, PROBE, settle, submit } from './support.js';

describe('the OpenAPI document', () => {
  let producer: TestProducer;
  let document: OpenApiDocument;
  let routes: DocumentedRoute[];
  let ajv: Ajv2020;
  beforeAll(async () => {
    producer = await openProducer({ GA4_ANY_PROPERTY: 'true' });
    document = await readDocument(producer);
    routes = listRoutes(document);
    ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    ajv.addSchema(document, 'document');
  });
  afterAll(() => producer.close());

  const compile = (schema: object) => ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')));

  function assertDescribed({ name, operation }: DocumentedRoute, answer: HttpAnswer): void {
    const described = operation.responses[String(answer.status)];
    if (described === undefined) throw new Error(`${name} answered ${answer.status}, which is not described`);
    const type = (answer.headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
    if (type === '') return;
    const schema = described.content?.[type]?.schema;
    if (schema === undefined) throw new Error(`${name} answered ${type}, which is not described`);
    const check = compile(schema);
    expect([name, answer.status, check(answer.body), check.errors]).toEqual([name, answer.status, true, null]);
  }

  it('is of version 3.1, with schemas that JSON Schema 2020-12 understands', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info).toMatchObject({ title: 'Sluice', version: expect.any(String) });
    for (const { name, path, operation } of routes) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect([name, declared.map((parameter) => parameter.name).sort()]).toEqual([name, inPath.sort()]);
      for (const answer of [...Object.values(operation.responses), operation.requestBody]) {
        for (const { schema } of Object.values(answer?.content ?? {})) compile(schema);
      }
      expect(Object.values(operation.responses).every(({ description }) => description.length > 0)).toBe(true);
    }
    const operationIds = routes.map(({ operation }) => operation.operationId);
    expect(new Set(operationIds).size).toBe(routes.length);
  });

  it('describes what is answered: every route is asked, and its answer fits', async () => {
    const acme = await producer.user('acme');
    await producer.user('spare');
    const [running, done, dead, redriven] = await Promise.all([1, 2, 3, 4].map(() => submit(acme)));
    if (!running || !done || !dead || !redriven) throw new Error('no jobs');
    await settle(producer.space, done, 'completed');
    await settle(producer.space, dead, 'dead');
    await settle(producer.space, redriven, 'dead');
    const { deadLetters } = await acme.expect(200, 'GET', '/api/v1/dead-letters');
    const letter = (deadLetters as { id: string; jobId: string }[]).find(({ jobId }) => jobId === redriven)?.id;
    const { id: keyId } = await producer.operator.expect(201, 'POST', '/api/v1/admin/tenants/acme/keys', {
      role: 'viewer',
    });

    const asked = new Set<string>();
    const ask = async (name: string, more: { path?: string; body?: object; query?: string; as?: HttpClient } = {}) => {
      const route = routes.find((candidate) => candidate.name === name);
      if (route === undefined) throw new Error(`no route ${name}`);
      asked.add(name);
      const client = more.as ?? (name.includes('/admin/') ? producer.operator : acme);
      const path = (more.path ?? route.path).replace('{id}', 'acme');
      const answer = await client.call(route.method, path + (more.query ?? ''), more.body);
      assertDescribed(route, answer);
    };
    const job = (id: string, rest = '') => `/api/v1/jobs/${id}${rest}`;

    await ask('POST /api/v1/jobs', { body: PROBE });
    await ask('POST /api/v1/jobs', { body: { ...PROBE, delayMs: 1_000, priority: 0 } });
    await ask('POST /api/v1/jobs', { body: {} });
    await ask('POST /api/v1/jobs', { body: { task: 'no', data: 1 } });
    await ask('POST /api/v1/jobs', { body: PROBE, as: producer.client('x') });
    await ask('POST /api/v1/jobs/batch', { body: { jobs: [PROBE, 1, { task: 'no', data: {} }] } });
    const report = { propertyId: '123456789', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };
    await ask('POST /api/v1/ga4/reports', { body: report });
    await ask('POST /api/v1/ga4/reports', { body: { ...report, dimensions: ['date'] } });
    for (const id of [running, done, dead, 'none']) {
      await ask('GET /api/v1/jobs/{id}', { path: job(id) });
      await ask('GET /api/v1/jobs/{id}/result', { path: job(id, '/result') });
    }
    // Streams that are open are read by the tests of streams.
    await ask('GET /api/v1/jobs/{id}/events', { path: job('none', '/events') });
    await ask('GET /api/v1/events', { as: producer.client('x') });
    await ask('GET /api/v1/jobs', { query: '?limit=2' });
    await ask('GET /api/v1/jobs', { query: '?limit=none' });
    await ask('POST /api/v1/jobs/{id}/retry', { path: job(dead, '/retry') });
    await ask('POST /api/v1/jobs/{id}/retry', { path: job(done, '/retry') });
    await ask('DELETE /api/v1/jobs/{id}', { path: job(running) });
    await ask('DELETE /api/v1/jobs/{id}', { path: job(done) });
    await ask('GET /api/v1/queue');
    await ask('GET /api/v1/tasks');
    await ask('GET /api/v1/dead-letters');
    await ask('GET /api/v1/dead-letters', { as: await producer.user('acme', 'viewer') });
    await ask('POST /api/v1/dead-letters/{id}/redrive', { path: `/api/v1/dead-letters/${letter}/redrive` });
    const schedule = (more: object) => ({ body: { ...PROBE, ...more } });
    await ask('POST /api/v1/schedules', schedule({ cron: '30 6 * * 1-5', timezone: 'Europe/Berlin' }));
    await ask('POST /api/v1/schedules', schedule({ everyMs: 3_600_000, priority: 1, attempts: 2 }));
    await ask('POST /api/v1/schedules', schedule({}));
    const { schedules } = await acme.expect(200, 'GET', '/api/v1/schedules');
    const [made] = schedules as { id: string }[];
    for (const id of [made?.id, 'none']) {
      await ask('GET /api/v1/schedules/{id}', { path: `/api/v1/schedules/${id}` });
      await ask('DELETE /api/v1/schedules/{id}', { path: `/api/v1/schedules/${id}` });
    }
    await ask('GET /api/v1/schedules', { query: '?limit=1' });
    await ask('GET /api/v1/admin/tenants');
    await ask('GET /api/v1/admin/tenants', { as: acme });
    await ask('POST /api/v1/admin/tenants', { body: { id: 'made' } });
    await ask('POST /api/v1/admin/tenants', { body: { id: 'made' } });
    await ask('GET /api/v1/admin/tenants/{id}');
    await ask('PATCH /api/v1/admin/tenants/{id}', { body: { weight: 2 } });
    await ask('DELETE /api/v1/admin/tenants/{id}', { path: '/api/v1/admin/tenants/spare' });
    await ask('GET /api/v1/admin/tenants/{id}/keys');
    await ask('POST /api/v1/admin/tenants/{id}/keys', { body: { role: 'member' } });
    await ask('DELETE /api/v1/admin/tenants/{id}/keys/{keyId}', { path: `/api/v1/admin/tenants/acme/keys/${keyId}` });
    await ask('GET /api/v1/admin/tenants/{id}/webhook-secret');
    await ask('PUT /api/v1/admin/tenants/{id}/limits', { body: { upstreams: {} } });
    await ask('GET /api/v1/admin/tenants/{id}/limits');
    await ask('GET /api/v1/admin/fleet');
    await ask('GET /api/v1/analytics');
    await ask('GET /api/v1/analytics', { path: '/api/v1/analytics?step=1' });
    await ask('GET /api/v1/admin/analytics');
    await ask('GET /api/v1/admin/analytics', { as: acme });
    await ask('GET /health');
    expect([...asked].sort()).toEqual(routes.map(({ name }) => name).sort());
  });

  it('has a page to browse it that needs nothing from elsewhere', async () => {
    const page = await fetch(`${producer.url}/docs`);
    expect(page.status).toBe(200);
    const html = await page.text();
    const linked = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(linked.length).toBeGreaterThan(3);
    for (const link of linked) {
      const url = new URL(link, page.url.endsWith('/') ? page.url : `${page.url}/`);
      expect(url.origin).toBe(producer.url);
      const answer = await fetch(url);
      await answer.arrayBuffer();
      expect(answer.status).toBe(200);
    }
    expect(html).not.toContain(OPERATOR_KEY);
  });
});
