import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ga4Server } from '../ga4/ga4Server.js';
import { openGa4Server } from '../ga4/ga4Server.js';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import type { HttpClient } from '../support/httpClient.js';
import { until, untilDrained } from '../support/until.js';

const DATES = { report: 'page_views', startDate: '2025-01-01', endDate: '2025-01-02' };

const FIGURES = {
  CIRCUIT_FAILURES: '3',
  CIRCUIT_WITHIN_MS: '60000',
  CIRCUIT_REST_MS: '8000',
  CIRCUIT_PROBE_EVERY_MS: '300',
  CIRCUIT_SUCCESSES: '2',
};

interface Queue {
  readonly counts: { readonly byState: Readonly<Record<string, number>> };
  readonly estimatedWaitMs: number | null;
  readonly circuit: readonly { readonly upstream: string; readonly state: string; readonly probeInMs: number }[];
}

describe('a fleet whose upstream is down for one tenant', () => {
  let fleet: Fleet;
  let server: Ga4Server;
  let worker: FleetProcess;
  let down: HttpClient;
  let other: HttpClient;
  beforeAll(async () => {
    server = await openGa4Server();
    fleet = await startFleet({ ...FIGURES, GA4_ANY_PROPERTY: 'true' });
    worker = await fleet.start('worker', { GA4_ENDPOINT: server.url });
    down = await fleet.tenant('down');
    other = await fleet.tenant('other');
    server.down.add('1');
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '300' });
  });
  afterAll(async () => {
    await fleet.close();
    await server.close();
  });

  const queueOf = async (tenant: HttpClient): Promise<Queue> =>
    (await tenant.expect(200, 'GET', '/api/v1/queue')) as unknown as Queue;
  const callsOf = (property: string) => server.calls.filter((call) => call.property === property);

  async function submit(tenant: HttpClient, propertyId: string, count: number): Promise<string[]> {
    const job = { task: 'ga4.run_report', data: { propertyId, ...DATES } };
    const jobs = Array.from({ length: count }, () => job);
    const { results } = await tenant.expect(207, 'POST', '/api/v1/jobs/batch', { jobs });
    return (results as { readonly id: string }[]).map(({ id }) => id);
  }

  it('rests, tells so, and lets others go on; then it probes, closes, and every job succeeds', async () => {
    const ids = await submit(down, '1', 6);
    await until('the circuit is open', async () => (await queueOf(down)).circuit[0]?.state === 'open');
    ids.push(...(await submit(down, '1', 20)));
    const [free] = await submit(other, '2', 1);
    ids.push(String((await down.expect(202, 'POST', '/api/v1/ga4/reports', { propertyId: '1', ...DATES })).id));
    await until(
      "the other tenant's job is done",
      async () => (await other.expect(200, 'GET', `/api/v1/jobs/${free}`)).state === 'completed',
    );
    const { circuit, estimatedWaitMs } = await queueOf(down);
    expect(circuit).toEqual([{ upstream: 'ga4', state: 'open', probeInMs: expect.any(Number) }]);
    expect(estimatedWaitMs).toBeGreaterThanOrEqual(circuit[0]?.probeInMs ?? Infinity);
    expect((await queueOf(other)).circuit).toEqual([{ upstream: 'ga4', state: 'closed', probeInMs: 0 }]);
    expect(callsOf('1')).toHaveLength(3);
    await until('the scaler says why it does not grow', async () => {
      const { rows } = await fleet.space.postgres.db.$client.query<{ reason: string; desired: number }>(
        "SELECT reason, desired FROM scaling_decisions WHERE tenant_id = 'down'",
      );
      return rows.some(({ reason, desired }) => desired === 1 && reason.includes('no growth while circuit'));
    });
    await until('a probe failed', () => callsOf('1').length === 4);
    server.down.clear();
    await untilDrained('every job is over', async () => {
      const { byState } = (await queueOf(down)).counts;
      return Object.values(byState).reduce((sum, count) => sum + count, 0);
    });
    const jobs = await Promise.all(ids.map((id) => down.expect(200, 'GET', `/api/v1/jobs/${id}`)));
    expect(jobs.map(({ state }) => state)).toEqual(ids.map(() => 'completed'));
    const outcomes = jobs.flatMap(({ timeline }) =>
      (timeline as { readonly outcome?: string }[]).flatMap(({ outcome }) => outcome ?? []),
    );
    expect(outcomes.filter((outcome) => outcome === 'failed')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'deferred')).toHaveLength(1);
    expect((await queueOf(down)).circuit).toEqual([{ upstream: 'ga4', state: 'closed', probeInMs: 0 }]);
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    const changed = (to: string) =>
      new RegExp(`^sluice_circuit_changes_total\\{[^}]*to="${to}"[^}]*\\} (\\d+)$`, 'm').exec(metrics)?.[1];
    expect([changed('open'), changed('half-open'), changed('closed')]).toEqual(['2', '2', '1']);
  });
});
