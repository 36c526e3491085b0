import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Ga4Properties } from '@sluice/ga4';
import { ga4ReportDataSchema } from '@sluice/ga4';
import { createGa4Client, createGa4ReportHandler, createPropertiesOf } from '@sluice/ga4/server';
import type { JobContext } from '@sluice/tasks';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ga4Server, Ga4ServerOptions } from './ga4Server.js';
import { openGa4Server } from './ga4Server.js';
import { misfits } from './protoShape.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const EMAIL = 'reports@example.iam.gserviceaccount.com';
const ACCOUNT = {
  type: 'service_account',
  client_email: EMAIL,
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
const VIEWS = { propertyId: '123', report: 'page_views', startDate: '2025-01-01', endDate: '2025-01-02' };
const PATH = '/v1beta/properties/123:runReport';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function openServer(options: Ga4ServerOptions = {}): Promise<Ga4Server> {
  const server = await openGa4Server(options);
  open.push(server);
  return server;
}

/** Our task against a server, as the worker runs it. */
async function openTask(
  endpoint: string,
  credentials?: object,
  now = Date.now,
  given: () => Ga4Properties = () => 'any',
) {
  const settings = {
    endpoint,
    credentialsFile: undefined,
    credentials: credentials === undefined ? undefined : JSON.stringify(credentials),
  };
  const client = createGa4Client({ settings, allowPrivateAddresses: true, now });
  await client.start();
  open.push({ close: () => client.stop(AbortSignal.timeout(1_000)) });
  const handler = createGa4ReportHandler(
    client,
    createPropertiesOf(async () => given(), false, now),
  );
  return (data: object, signal = new AbortController().signal) =>
    handler(ga4ReportDataSchema.parse(data), { signal, tenantId: 'acme' } as JobContext);
}

const caught = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('the task against a server that speaks GA4', () => {
  it('reads page views by day and page, in order, with the quotas', async () => {
    const server = await openServer({ seed: 7 });
    const run = await openTask(server.url);
    const report = (await run(VIEWS)) as { rows: Record<string, unknown>[] };
    expect(report).toMatchObject({
      propertyId: '123',
      dimensions: ['date', 'pagePath'],
      metrics: [
        { name: 'screenPageViews', type: 'TYPE_INTEGER' },
        { name: 'activeUsers', type: 'TYPE_INTEGER' },
      ],
      rowCount: 12,
      propertyQuota: {
        tokensPerHour: { consumed: 10, remaining: 39_990 },
        tokensPerDay: { consumed: 10, remaining: 199_990 },
      },
      metadata: { timeZone: 'Etc/UTC', currencyCode: 'USD' },
    });
    expect(report.rows).toHaveLength(12);
    expect(new Set(report.rows.slice(0, 6).map(({ date }) => date))).toEqual(new Set(['20250101']));
    const views = report.rows.slice(0, 6).map(({ screenPageViews }) => Number(screenPageViews));
    expect(views).toEqual([...views].sort((one, other) => other - one));
    const again = (await run(VIEWS)) as { rows: unknown };
    expect(again.rows).toEqual(report.rows);
  });

  it('passes filters, order, page and relative dates on', async () => {
    const server = await openServer({ now: () => Date.UTC(2025, 5, 15, 12) });
    const run = await openTask(server.url);
    const data = {
      ...VIEWS,
      report: 'run_report',
      startDate: '1daysAgo',
      endDate: 'today',
      dimensions: ['date', 'pagePath'],
      metrics: ['sessions'],
      dimensionFilter: {
        andGroup: {
          expressions: [
            { filter: { fieldName: 'pagePath', stringFilter: { matchType: 'BEGINS_WITH', value: '/blog' } } },
            { notExpression: { filter: { fieldName: 'pagePath', inListFilter: { values: ['/blog'] } } } },
          ],
        },
      },
      orderBys: [{ dimension: { dimensionName: 'date' }, desc: true }],
    };
    const report = await run(data);
    expect(report).toMatchObject({
      rowCount: 2,
      rows: [
        { date: '20250615', pagePath: '/blog/queues' },
        { date: '20250614', pagePath: '/blog/queues' },
      ],
    });
    expect(await run({ ...data, limit: 1, offset: 1 })).toMatchObject({ rowCount: 2, rows: [{ date: '20250614' }] });
    await expect(run({ ...data, startDate: '2025-06-16' })).rejects.toMatchObject({ code: 'upstream_refused' });
  });

  it('signs its requests as the service account, and is refused without', async () => {
    const server = await openServer({ account: { email: EMAIL, key: publicKey } });
    const signed = await openTask(server.url, ACCOUNT);
    await expect(signed(VIEWS)).resolves.toMatchObject({ rowCount: 12 });
    const anonymous = await openTask(server.url);
    await expect(anonymous(VIEWS)).rejects.toMatchObject({ code: 'upstream_refused' });
    expect(server.calls.map(({ status }) => status)).toEqual([200, 401]);
  });

  it('waits as long as it is told, or until the quota returns of which nothing was left, without asking', async () => {
    const now = (): number => Date.UTC(2025, 0, 1, 10, 10);
    const server = await openServer({ callsPerWindow: 2, now });
    const run = await openTask(server.url, undefined, now);
    await run(VIEWS);
    await run(VIEWS);
    const unasked = { code: 'upstream_paced', retryAfterMs: 50 * 60_000, ofPart: true };
    await expect(run(VIEWS)).rejects.toMatchObject(unasked);
    expect(server.calls).toHaveLength(2);
    const another = await openTask(server.url, undefined, now);
    await expect(another(VIEWS)).rejects.toMatchObject(unasked);
    expect(server.calls).toHaveLength(3);
    const OTHER = { ...VIEWS, propertyId: '125' };
    server.failNext(
      { kind: 'exhausted', message: 'x', retryAfterSeconds: 9 },
      { kind: 'exhausted-with-info', retryDelay: '2.5s' },
      { kind: 'unavailable', retryAfterSeconds: 4 },
    );
    const waits = [await caught(run(OTHER)), await caught(run(OTHER)), await caught(run(OTHER))];
    expect(waits.map((error) => (error as { retryAfterMs: number }).retryAfterMs)).toEqual([9_000, 2_500, 4_000]);
    await expect(run({ ...VIEWS, propertyId: '124' })).resolves.toMatchObject({ rowCount: 12 });
  });

  it('is paced briefly when too many requests run at once', async () => {
    const server = await openServer({ limits: { concurrentRequests: 2 }, answerMs: 400 });
    const run = await openTask(server.url);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => caught(run(VIEWS))));
    const paced = outcomes.filter((outcome) => (outcome as { code?: string }).code === 'upstream_paced');
    expect(paced).toHaveLength(2);
    expect(paced[0]).toMatchObject({ retryAfterMs: 2_000 });
    expect(server.mostConcurrent('123')).toBe(2);
  });

  it('reads no property that the tenant was not given, and one that it was given just now', async () => {
    const server = await openServer();
    let given: Ga4Properties = ['12', '1234'];
    const run = await openTask(server.url, undefined, Date.now, () => given);
    await expect(run(VIEWS)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('PATCH /api/v1/admin/tenants/acme {"ga4Properties": ["123"]}'),
    });
    expect(server.calls).toEqual([]);
    given = ['123'];
    await expect(run(VIEWS)).resolves.toMatchObject({ propertyId: '123' });
  });

  it('makes one request per attempt, whatever comes back', async () => {
    const server = await openServer();
    const run = await openTask(server.url);
    const faults = [
      [{ kind: 'internal' }, 'upstream_failed'],
      [{ kind: 'unavailable' }, 'upstream_failed'],
      [{ kind: 'cut', when: 'before' }, 'upstream_failed'],
      [{ kind: 'cut', when: 'within' }, 'upstream_failed'],
      [{ kind: 'malformed', body: 'not JSON' }, 'upstream_failed'],
      [{ kind: 'malformed', body: '{"rows": 5}' }, 'upstream_failed'],
      [{ kind: 'malformed', body: '' }, 'upstream_failed'],
      [{ kind: 'malformed', body: '[]' }, 'upstream_failed'],
      [{ kind: 'answer', status: 502, body: '<html>Bad Gateway</html>' }, 'upstream_failed'],
      [{ kind: 'answer', status: 404, body: '' }, 'upstream_refused'],
      [{ kind: 'answer', status: 200, body: `{"kind": "${'x'.repeat(9_000_000)}"}` }, 'payload_too_large'],
      [{ kind: 'redirect', to: `${server.url}/v1beta/properties/9:runReport` }, 'upstream_refused'],
      [{ kind: 'unauthenticated' }, 'upstream_refused'],
    ] as const;
    for (const [fault, code] of faults) {
      server.failNext(fault);
      expect([fault.kind, await caught(run(VIEWS))]).toEqual([fault.kind, expect.objectContaining({ code })]);
    }
    expect(server.calls).toHaveLength(faults.length);
  });

  it('tells what GA4 says of a request, and never the credential', async () => {
    const server = await openServer({ account: { email: EMAIL, key: publicKey } });
    const run = await openTask(server.url, ACCOUNT);
    const wrong = { ...VIEWS, report: 'run_report', metrics: ['sessions'], dimensions: ['colour'] };
    await expect(run(wrong)).rejects.toMatchObject({
      code: 'upstream_refused',
      message: expect.stringContaining('INVALID_ARGUMENT): Field colour is not a valid dimension'),
    });
    server.failNext({ kind: 'echo' });
    const error = (await caught(run(VIEWS))) as Error;
    expect(error.message).toContain('You said: Bearer [credential]');
    expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(/eyJ/);
    expect(error.cause).toBeUndefined();
  });

  it('ends at once when its signal aborts', async () => {
    const server = await openServer();
    const run = await openTask(server.url);
    server.failNext({ kind: 'hang' });
    const stop = new AbortController();
    const running = caught(run(VIEWS, stop.signal));
    await expect.poll(() => server.calls.length).toBe(1);
    stop.abort(new Error('the attempt is over'));
    expect(await running).toMatchObject({ message: 'the attempt is over' });
    await expect(run(VIEWS)).resolves.toMatchObject({ rowCount: 12 });
  });

  it('says that nothing answers, and that Google needs a credential', async () => {
    const server = await openGa4Server();
    await server.close();
    const run = await openTask(server.url);
    await expect(run(VIEWS)).rejects.toMatchObject({
      code: 'upstream_failed',
      message: expect.stringContaining('ECONN'),
    });
    const settings = { endpoint: undefined, credentialsFile: undefined, credentials: undefined };
    const google = createGa4Client({ settings, allowPrivateAddresses: false, now: Date.now });
    await google.start();
    await expect(google.runReport({}, AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: 'configuration' });
    await google.stop(AbortSignal.timeout(1_000));
  });
});

interface RawClient {
  runReport(request: object): Promise<[Record<string, unknown>]>;
  close(): Promise<void>;
}

describe("Google's own client, as it comes", () => {
  const library = createRequire(new URL('../../packages/ga4/package.json', import.meta.url))(
    '@google-analytics/data',
  ) as {
    BetaAnalyticsDataClient: new (options: object) => RawClient;
  };

  it('cannot tell the server from GA4', async () => {
    const server = await openServer({ account: { email: EMAIL, key: publicKey }, callsPerWindow: 1 });
    const { hostname, port } = new URL(server.url);
    const options = {
      fallback: true,
      protocol: 'http',
      apiEndpoint: hostname,
      port: Number(port),
      credentials: ACCOUNT,
    };
    const client = new library.BetaAnalyticsDataClient(options);
    const request = {
      property: 'properties/123',
      dateRanges: [{ startDate: '2025-01-01', endDate: '2025-01-01' }],
      dimensions: [{ name: 'pagePath' }],
      metrics: [{ name: 'bounceRate' }],
      returnPropertyQuota: true,
    };
    const [report] = await client.runReport(request);
    expect(report).toMatchObject({
      kind: 'analyticsData#runReport',
      metricHeaders: [{ name: 'bounceRate', type: 'TYPE_FLOAT' }],
      rowCount: 6,
      propertyQuota: { tokensPerHour: { consumed: 10, remaining: 0 } },
    });
    const error = (await caught(client.runReport(request))) as { message: string };
    expect(error.message).toContain('Exhausted property tokens per hour');
    await client.close();
  });
});

describe('the answers on the wire', () => {
  const post = async (server: Ga4Server, body: unknown, query = '') => {
    const answer = await fetch(`${server.url}${PATH}${query}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const REQUEST = {
    dateRanges: [{ startDate: '2025-01-01', endDate: '2025-01-03' }],
    dimensions: [{ name: 'date' }],
    metrics: [{ name: 'sessions' }, { name: 'averageSessionDuration' }],
    returnPropertyQuota: true,
  };

  it('fit the messages of the protocol, with enums as names or as numbers', async () => {
    const server = await openServer();
    for (const [query, type] of [
      ['', 'TYPE_INTEGER'],
      ['?$alt=json%3Benum-encoding=int', 1],
    ] as const) {
      const { status, body } = await post(server, REQUEST, query);
      expect(status).toBe(200);
      expect(misfits('RunReportResponse', body)).toEqual([]);
      expect(body).toMatchObject({ rowCount: 3, metricHeaders: [{ name: 'sessions', type }, {}] });
    }
    const { body } = await post(server, { ...REQUEST, offset: '5' });
    expect(misfits('RunReportResponse', body)).toEqual([]);
    expect(body).not.toHaveProperty('rows');
  });

  it('refuse as Google does: status, message and details', async () => {
    const server = await openServer({ callsPerWindow: 0, properties: ['123'] });
    expect(await post(server, REQUEST)).toEqual({
      status: 429,
      body: {
        error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: expect.stringMatching(/^Exhausted property/) },
      },
    });
    expect(await post(server, { ...REQUEST, colour: 'red' })).toMatchObject({
      status: 400,
      body: {
        error: {
          status: 'INVALID_ARGUMENT',
          message: 'Invalid JSON payload received. .colour: Cannot find field.',
          details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest' }],
        },
      },
    });
    const other = await fetch(`${server.url}/v1beta/properties/9:runReport`, { method: 'POST', body: '{}' });
    expect([other.status, await other.json()]).toMatchObject([403, { error: { status: 'PERMISSION_DENIED' } }]);
  });

  it('would be found out by the same check', () => {
    expect(misfits('RunReportResponse', { rows: [{ metricValues: [{ value: 5 }] }], row_count: 1 })).toEqual([
      'RunReportResponse.rows[0].metricValues[0].value: 5 is no string',
      'RunReportResponse.row_count: Cannot find field.',
    ]);
    expect(misfits('FilterExpression', { filter: {}, andGroup: {} })).toHaveLength(1);
  });
});
