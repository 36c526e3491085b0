import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import { startFleetProcess } from '../support/fleetProcess.js';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';
import { createHttpClient } from '../support/httpClient.js';
import { startTcpProxy } from '../support/tcpProxy.js';
import { until, untilDrained } from '../support/until.js';

const GRACE_MS = 8_000;
/** What a stop may take beyond the grace time, and how much later a busy machine may see it. */
const BEYOND_MS = 4_500 + 5_000;
const WITHIN_MS = 90_000;
const TEST_MS = 600_000;

const COMMON = { SLUICE_FAULT_TASKS: 'true', SLOT_CONCURRENCY: '10', SHUTDOWN_GRACE_MS: String(GRACE_MS) };

let fleet: Fleet;

/** Each test of a group has a fleet of its own, as what is left of its jobs would disturb the next. */
function useFleet(): void {
  beforeEach(async () => {
    fleet = await startFleet(COMMON);
  });
  afterEach(async () => {
    await Promise.all(apart.splice(0).map((process) => process.stop()));
    await fleet.close();
  });
}

/** Processes that may end with an exit code, which is the test's own affair. */
const apart: FleetProcess[] = [];
async function startWorkerApart(environment: Readonly<Record<string, string>>): Promise<FleetProcess> {
  const more = { LOG_LEVEL: 'info', ...COMMON, ...environment };
  const started = await startFleetProcess('worker', { ...fleet.space.environment, ...more });
  apart.push(started);
  return started;
}

async function stopsInTime(process: FleetProcess): Promise<number | null> {
  const begun = performance.now();
  const code = await process.stop();
  expect(performance.now() - begun).toBeLessThan(GRACE_MS + BEYOND_MS);
  return code;
}

/** Submits without pause until it is told to end; a request without an answer is sent again, to whoever is there then. */
async function submitUntil(ended: AbortSignal, tenantId: string, url: () => string): Promise<string[]> {
  const { key } = await fleet.operator.expect(201, 'POST', `/api/v1/admin/tenants/${tenantId}/keys`, {
    role: 'member',
  });
  const accepted: string[] = [];
  while (!ended.aborted) {
    const seed = randomUUID();
    const data = { sleepMs: accepted.length % 30 };
    const id = await until(
      'the job is accepted',
      async () => {
        const client = createHttpClient(url(), String(key));
        const body = { task: 'system.probe', data };
        const answer = await client.call('POST', '/api/v1/jobs', body, { 'idempotency-key': seed }).catch(() => null);
        return answer?.status === 202 ? String(answer.body.id) : null;
      },
      WITHIN_MS,
    );
    accepted.push(id);
  }
  return accepted;
}

async function query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
  return (await fleet.space.postgres.db.$client.query<Row>(text, values)).rows;
}

describe('a rolling update under load', () => {
  useFleet();

  it('loses nothing, does nothing twice, and ends every process well', { timeout: TEST_MS }, async ({
    onTestFinished,
  }) => {
    const tenants = ['roll-a', 'roll-b', 'roll-c'];
    for (const id of tenants) await fleet.tenant(id);
    const scaler = await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
    const worker = await fleet.start('worker');
    let url = fleet.producer.url;
    const end = new AbortController();
    onTestFinished(() => end.abort());
    const submitting = Promise.all(tenants.map((id) => submitUntil(end.signal, id, () => url)));
    submitting.catch(() => end.abort());

    const roll = async (old: FleetProcess, name: 'producer' | 'worker' | 'scaler'): Promise<FleetProcess> => {
      const done = (await query<{ count: number }>('SELECT count(*)::int FROM jobs WHERE finished_at IS NOT NULL'))[0];
      const heir = await fleet.start(name, name === 'scaler' ? { SCALER_INTERVAL_MS: '500' } : {});
      if (name === 'producer') url = heir.url;
      expect(await stopsInTime(old)).toBe(0);
      await until(
        'jobs end under the new one',
        async () => {
          const [now] = await query<{ count: number }>('SELECT count(*)::int FROM jobs WHERE finished_at IS NOT NULL');
          return (now?.count ?? 0) > (done?.count ?? 0) + 20;
        },
        WITHIN_MS,
      );
      return heir;
    };
    await roll(fleet.producer, 'producer');
    await roll(worker, 'worker');
    await roll(scaler, 'scaler');
    end.abort();
    const accepted = (await submitting).flat();
    expect(accepted.length).toBeGreaterThan(50);

    await untilDrained('all jobs are over', async () => {
      const [left] = await query<{ count: number }>('SELECT count(*)::int FROM jobs WHERE finished_at IS NULL');
      return left?.count ?? 0;
    });
    const rows = await query<{ id: string; state: string }>('SELECT id, state FROM jobs');
    expect(rows.map(({ id }) => id).sort()).toEqual([...accepted].sort());
    expect(rows.filter(({ state }) => state !== 'completed')).toEqual([]);
    const outcomes = await query<{ outcome: string; count: number }>(
      `SELECT outcome, count(*)::int FROM attempts WHERE outcome <> 'released' GROUP BY outcome`,
    );
    expect(outcomes).toEqual([{ outcome: 'completed', count: accepted.length }]);
  });
});

describe('a worker that is told to stop', () => {
  useFleet();

  it('hands back jobs that ignore their signal, and those that run in processes of their own, without a loss', {
    timeout: TEST_MS,
  }, async () => {
    const tenant = await fleet.tenant('deaf');
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
    const submit = async (data: object, more: object = {}): Promise<string> => {
      const body = { task: 'system.fault', data, ...more };
      return String((await tenant.expect(202, 'POST', '/api/v1/jobs', body)).id);
    };
    const isolated = await submit({ holdMs: 600_000, heedsSignal: false }, { delayMs: 500 });
    await query('UPDATE jobs SET crashes = 1 WHERE id = $1', [isolated]);
    const shared = await submit({ holdMs: 600_000, heedsSignal: false });
    const worker = await fleet.start('worker', { SHUTDOWN_GRACE_MS: '500' });
    await until('both run', async () => (await query("SELECT 1 FROM jobs WHERE state = 'active'")).length === 2);
    expect(await stopsInTime(worker)).toBe(0);
    const rows = await query<{ id: string; state: string; crashes: number }>('SELECT id, state, crashes FROM jobs');
    expect(rows.sort((a, b) => a.crashes - b.crashes)).toEqual([
      { id: shared, state: 'queued', crashes: 0 },
      { id: isolated, state: 'queued', crashes: 1 },
    ]);
    expect(await query('SELECT DISTINCT outcome FROM attempts')).toEqual([{ outcome: 'released' }]);
  });

  it('ends at once at a second signal', { timeout: TEST_MS }, async () => {
    const tenant = await fleet.tenant('twice');
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
    const worker = await startWorkerApart({ SHUTDOWN_GRACE_MS: '600000', JOB_LOCK_MS: '2000' });
    await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: { sleepMs: 600_000 } });
    await until('it runs', async () => (await query("SELECT 1 FROM jobs WHERE state = 'active'")).length === 1);
    worker.kill('SIGTERM');
    await until('it is stopping', () => worker.lines.some(({ event }) => event === 'stopping'));
    worker.kill('SIGINT');
    await until('it is gone', () => worker.child.exitCode !== null);
    expect(worker.child.exitCode).toBe(1);
  });

  it.each(['REDIS_URL', 'DATABASE_URL'] as const)(
    'ends in time while what %s names is away, running a job',
    { timeout: TEST_MS },
    async (variable) => {
      const tenant = await fleet.tenant('cut');
      await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
      const target = new URL(fleet.space.environment[variable] ?? '');
      const proxy = await startTcpProxy(Number(target.port));
      target.hostname = '127.0.0.1';
      target.port = String(proxy.port);
      const worker = await startWorkerApart({ [variable]: target.href });
      await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: { sleepMs: 3_000 } });
      await until('it runs', async () => (await query("SELECT 1 FROM jobs WHERE state = 'active'")).length === 1);
      proxy.redirect(1);
      proxy.cut();
      const code = await stopsInTime(worker);
      expect([0, 1]).toContain(code);
      await proxy.stop();
      // What it could not tell is found as after a crash.
      await fleet.start('worker', { JOB_LOCK_MS: '2000', STALLED_CHECK_MS: '500' });
      await until(
        'it is over',
        async () => (await query("SELECT 1 FROM jobs WHERE state = 'completed'")).length === 1,
        WITHIN_MS,
      );
    },
  );
});

describe('a process that is told to stop while it starts', () => {
  let space: FleetSpace;
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterAll(() => space.close());

  it.each(['producer', 'worker', 'scaler'] as const)(
    '%s ends within its grace, though Redis never answers',
    async (name) => {
      const deaf = createServer(() => undefined);
      const connected = once(deaf, 'connection');
      deaf.listen(0, '127.0.0.1');
      await once(deaf, 'listening');
      const { port } = deaf.address() as AddressInfo;
      let child: ChildProcess | undefined;
      const ready = startFleetProcess(
        name,
        {
          ...space.environment,
          ...COMMON,
          SHUTDOWN_GRACE_MS: '1000',
          SLUICE_OPERATOR_KEY: 'a key that is long enough',
          REDIS_URL: `redis://127.0.0.1:${port}`,
        },
        (spawned) => {
          child = spawned;
        },
      );
      const [socket] = (await connected) as [Socket];
      child?.kill('SIGTERM');
      await expect(ready).rejects.toThrow('ended before it was ready');
      expect(child?.signalCode).toBeNull();
      socket.destroy();
      deaf.close();
    },
    TEST_MS,
  );
});
