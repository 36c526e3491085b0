import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import type { TestProducer } from './support.js';
import { OPERATOR_KEY, openProducer, PROBE } from './support.js';

const KEYS = [
  'task',
  'data',
  'priority',
  'delayMs',
  'attempts',
  'dedupeKey',
  'durability',
  'jobs',
  'id',
  'role',
  '__proto__',
  'constructor',
  'jobId',
  'opts',
];
const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('system.probe', 'notifications.webhook', 'meta', 'a:b', '\0', '\ud800', '1e999', '{x}', '../q'),
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, 2 ** 53, -0, Number.MAX_VALUE, '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59'),
);
const anyBody = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, odd, fc.array(tie('value'), { maxLength: 4 }), tie('object')),
  object: fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 5 })), tie('value'), { maxKeys: 6 }),
})).value;

describe('hostile input', () => {
  let producer: TestProducer;
  let acme: HttpClient;
  let token: string;
  beforeAll(async () => {
    producer = await openProducer();
    acme = await producer.user('acme');
    const made = await producer.operator.expect(201, 'POST', '/api/v1/admin/tenants/acme/keys', { role: 'owner' });
    token = String(made.key);
  });
  afterAll(() => producer.close());

  async function send(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    key = token,
  ): Promise<number> {
    const answer = await fetch(producer.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'x-tenant-id': 'acme', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    if (answer.status >= 400) {
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(JSON.parse(text)).toMatchObject({ status: answer.status, instance: expect.any(String) });
    }
    return answer.status;
  }

  it('never makes a route answer 5xx, whatever the body', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          '/api/v1/jobs',
          '/api/v1/jobs/batch',
          '/api/v1/admin/tenants',
          '/api/v1/admin/tenants/acme/keys',
        ),
        anyBody,
        async (path, body) => {
          const key = path.includes('admin') ? OPERATOR_KEY : token;
          expect(await send('POST', path, JSON.stringify(body), key)).toBeLessThan(500);
          const job = JSON.stringify({
            task: 'notifications.webhook',
            data: { url: 'https://a.example/', payload: body },
          });
          expect(await send('POST', '/api/v1/jobs', job)).toBeLessThan(500);
          const jobs = JSON.stringify({ jobs: [body, { ...PROBE, dedupeKey: body, priority: body, data: body }] });
          expect(await send('POST', '/api/v1/jobs/batch', jobs)).toBeLessThan(500);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never makes a route answer 5xx, whatever the path and the query', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'DELETE', 'POST', 'PATCH'),
        fc.constantFrom(
          '/api/v1/jobs/:x',
          '/api/v1/jobs/:x/result',
          '/api/v1/jobs/:x/retry',
          '/api/v1/dead-letters/:x/redrive',
          '/api/v1/admin/tenants/:x',
          '/api/v1/admin/tenants/:x/keys',
          '/api/v1/admin/tenants/acme/keys/:x',
          '/api/v1/admin/tenants/:x/webhook-secret',
        ),
        odd,
        fc.dictionary(
          fc.constantFrom('limit', 'cursor', 'state', 'task', 'since', 'severity', 'waitMs', '__proto__'),
          odd,
          { maxKeys: 3 },
        ),
        async (method, path, segment, query) => {
          const escaped = (value: unknown): string => encodeURIComponent(String(value).replace(/\p{Surrogate}/gu, '?'));
          const search = Object.entries(query).map(([key, value]) => `${key}=${key === 'waitMs' ? 1 : escaped(value)}`);
          const key = path.includes('admin') ? OPERATOR_KEY : token;
          const url = `${path.replace(':x', escaped(segment) || '%00')}?${search.join('&')}`;
          // The tenant under test must outlive the test.
          if (method === 'DELETE' && url.startsWith('/api/v1/admin/tenants/acme?')) return;
          expect(await send(method, url, undefined, key)).toBeLessThan(500);
          if (method !== 'GET') return;
          expect(await send('GET', `/api/v1/jobs?${search.join('&')}`, undefined)).toBeLessThan(500);
          expect(await send('GET', `/api/v1/dead-letters?${search.join('&')}`, undefined)).toBeLessThan(500);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each<[string, number, string | Uint8Array<ArrayBuffer>]>([
    ['no JSON', 400, '{"task":'],
    ['invalid UTF-8', 400, new Uint8Array([0x22, 0xff, 0x22])],
    ['a key that reaches prototypes', 400, '{"task":"system.probe","data":{"__proto__":{}}}'],
    ['NUL', 400, '{"task":"system.probe","data":{"note":"\\u0000"}}'],
    [
      'half of a surrogate pair',
      400,
      '{"task":"notifications.webhook","data":{"url":"https://a.example/","payload":"\\ud800"}}',
    ],
    ['nesting of 100,000', 400, `{"task":"system.probe","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['more than 1 MiB', 413, JSON.stringify({ task: 'system.probe', data: 'x'.repeat(1_048_576) })],
    ['nothing', 400, ''],
  ])('answers %s with %i', async (_what, status, body) => {
    expect(await send('POST', '/api/v1/jobs', body)).toBe(status);
  });

  it('understands JSON only', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' };
    const answer = await fetch(`${producer.url}/api/v1/jobs`, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ code: 'unsupported_media_type' });
  });

  it('answers 404 for what is not there and 405 for a path that has other methods', async () => {
    expect(await acme.call('GET', '/api/v1/nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await acme.call('GET', '/%zz')).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    const answer = await acme.call('PUT', '/api/v1/jobs');
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('cuts off a client that sends its headers drop by drop, and answers one that speaks no HTTP', async () => {
    const { port } = new URL(producer.url);
    const talk = (first: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let heard = '';
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(first));
        socket.on('data', (data) => {
          heard += data.toString();
        });
        socket.on('close', () => resolve(heard));
        socket.on('error', reject);
      });
    expect(await talk('GET / HTTP/1.1\r\nHost: x\r\nX: ')).toContain('408');
    expect(await talk('nonsense\r\n\r\n')).toContain('HTTP/1.1 400');
    expect(await talk(`GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)).toContain('431');
  });
});
