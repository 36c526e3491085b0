import { generateKeyPairSync } from 'node:crypto';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { newId } from '@sluice/shared/ids/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ga4Server } from '../ga4/ga4Server.js';
import { openGa4Server } from '../ga4/ga4Server.js';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import type { HttpClient } from '../support/httpClient.js';
import { until } from '../support/until.js';

const EMAIL = 'reports@example.iam.gserviceaccount.com';
const REPORT = { propertyId: '42', report: 'page_views', startDate: '2025-01-01', endDate: '2025-01-03' };

describe('a fleet that runs GA4 reports', () => {
  let fleet: Fleet;
  let server: Ga4Server;
  let worker: FleetProcess;
  let tenant: HttpClient;
  let privatePem: string;
  beforeAll(async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const account = { type: 'service_account', client_email: EMAIL, private_key: privatePem };
    server = await openGa4Server({ account: { email: EMAIL, key: publicKey } });
    fleet = await startFleet();
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
    worker = await fleet.start('worker', {
      GA4_ENDPOINT: server.url,
      GA4_CREDENTIALS: JSON.stringify(account),
      LOG_LEVEL: 'trace',
    });
    tenant = await fleet.tenant('acme');
    await fleet.operator.expect(200, 'PATCH', '/api/v1/admin/tenants/acme', { ga4Properties: ['42'] });
  });
  afterAll(async () => {
    await fleet.close();
    await server.close();
  });

  async function ended(id: unknown): Promise<Record<string, unknown>> {
    return until(
      `the report ${id} ends`,
      async () => {
        const job = await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`);
        return ['completed', 'dead'].includes(String(job.state)) && job;
      },
      50_000,
    );
  }

  const submit = async (data: object): Promise<unknown> =>
    (await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'ga4.run_report', data })).id;
  const outcomesOf = (job: Record<string, unknown>): unknown[] =>
    (job.timeline as { outcome?: string }[]).flatMap(({ outcome }) => outcome ?? []);

  it('gives the rows to whoever asked', async () => {
    const id = await submit(REPORT);
    const job = await ended(id);
    expect(job).toMatchObject({ state: 'completed', result: { propertyId: '42', rowCount: 18 } });
    const { rows } = job.result as { rows: unknown[] };
    expect(rows[0]).toEqual({
      date: '20250101',
      pagePath: expect.stringMatching(/^\//),
      screenPageViews: expect.any(Number),
      activeUsers: expect.any(Number),
    });
  });

  it('waits when a quota is used up, more often than it may fail, and completes', async () => {
    const message = 'Exhausted property tokens per hour.';
    const exhausted = { kind: 'exhausted', message, retryAfterSeconds: 1 } as const;
    const calls = server.calls.length;
    server.failNext(exhausted, exhausted);
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', {
      task: 'ga4.run_report',
      data: REPORT,
      attempts: 1,
    });
    const job = await ended(id);
    expect(job.state, JSON.stringify(job.timeline)).toBe('completed');
    expect(server.calls).toHaveLength(calls + 3);
    // A worker whose sight of Redis's clock is a little off comes early, finds the property left alone, and is put off once more.
    const [last, ...before] = outcomesOf(job).reverse();
    expect(last).toBe('completed');
    expect(before.length).toBeGreaterThanOrEqual(2);
    expect(new Set(before)).toEqual(new Set(['deferred']));
  });

  it('answers at once while the quota allows, the same for the same key, and with what GA4 says when it refuses', async () => {
    const headers = { 'idempotency-key': 'at once' };
    const first = await tenant.call('POST', '/api/v1/ga4/reports', REPORT, headers);
    expect([first.status, first.headers.get('x-queue'), first.body.rowCount]).toEqual([200, 'direct', 18]);
    const again = await tenant.call('POST', '/api/v1/ga4/reports', REPORT, headers);
    expect([again.status, again.headers.get('x-queue'), again.body]).toEqual([200, 'direct', first.body]);
    const wrong = { ...REPORT, report: 'run_report', dimensions: ['colour'], metrics: ['sessions'] };
    const keyed = { 'idempotency-key': 'refused' };
    const refused = await tenant.call('POST', '/api/v1/ga4/reports', wrong, keyed);
    expect([refused.status, refused.body.code]).toEqual([502, 'upstream_refused']);
    const still = await tenant.call('POST', '/api/v1/ga4/reports', wrong, keyed);
    expect([still.status, still.body.jobId]).toEqual([502, refused.body.jobId]);
  });

  it('tries again when the connection is cut or GA4 fails', async () => {
    server.failNext({ kind: 'cut', when: 'within' }, { kind: 'internal' });
    const id = await submit(REPORT);
    const job = await ended(id);
    expect([job.state, outcomesOf(job)]).toEqual(['completed', ['failed', 'failed', 'completed']]);
  });

  it('reads no property of another tenant for a plain BullMQ client, which comes past the producer', async () => {
    const { space } = fleet;
    const queues = createLaneQueues(space.redis.client, space.keys);
    const calls = server.calls.length;
    const id = newId();
    const data = { ...REPORT, propertyId: '43' };
    const job = { id, task: 'ga4.run_report', data, queuePriority: 5, maxAttempts: 3, delayMs: 0 };
    await queues.add([{ lane: { tenantId: 'acme', queueClass: 'ga4' }, job }]);
    await until('the worker has the job', async () => (await tenant.call('GET', `/api/v1/jobs/${id}`)).status === 200);
    expect(await ended(id)).toMatchObject({ state: 'dead', attempts: 1, error: { code: 'forbidden' } });
    expect(server.calls).toHaveLength(calls);
    await queues.close();
  });

  it('makes a dead letter of a report that GA4 will never run, with what GA4 says', async () => {
    const wrong = { ...REPORT, report: 'run_report', dimensions: ['colour'], metrics: ['sessions'] };
    const id = await submit(wrong);
    const job = await ended(id);
    expect(job).toMatchObject({ state: 'dead', attempts: 1, error: { code: 'upstream_refused' } });
    const { deadLetters } = await tenant.expect(200, 'GET', '/api/v1/dead-letters?task=ga4.run_report');
    expect(deadLetters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          jobId: id,
          category: 'permanent',
          error: expect.objectContaining({ message: expect.stringContaining('Field colour is not a valid dimension') }),
        }),
      ]),
    );
  });

  it('writes the credential nowhere', async () => {
    server.failNext({ kind: 'echo' });
    const id = await submit(REPORT);
    const job = await ended(id);
    const { rows } = await fleet.space.postgres.db.$client.query('SELECT * FROM attempts');
    const said = JSON.stringify([job, rows, worker.lines]);
    expect(said).toContain('You said');
    expect(said).not.toContain(privatePem.split('\n')[1]);
    expect(said).not.toContain('eyJ');
  });

  it('does not start with a credential that is none', async () => {
    await expect(fleet.start('worker', { GA4_CREDENTIALS: '{"type": "service_account"}' })).rejects.toThrow(
      'must be the JSON key of a Google service account',
    );
  });
});
