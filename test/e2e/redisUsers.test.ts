import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess, FleetProcessName } from '../support/fleetProcess.js';
import { startFleetProcess } from '../support/fleetProcess.js';
import type { HttpClient } from '../support/httpClient.js';
import type { RestrictedRedis } from '../support/redisUsers.js';
import { startRestrictedRedis } from '../support/redisUsers.js';
import { until } from '../support/until.js';

const QUICK = { JOB_LOCK_MS: '2000', STALLED_CHECK_MS: '500', WORKER_HEARTBEAT_MS: '2000' };
const NAMES: readonly FleetProcessName[] = ['producer', 'worker', 'scaler', 'dashboard'];

describe('a fleet whose processes have the Redis users that are shipped', () => {
  let redis: RestrictedRedis;
  let fleet: Fleet;
  let worker: FleetProcess;
  let tenant: HttpClient;

  beforeAll(async () => {
    redis = await startRestrictedRedis();
    fleet = await startFleet(
      { ...QUICK, GA4_ANY_PROPERTY: 'true', REDIS_URL: redis.urlOf('producer') },
      { url: redis.adminUrl },
    );
    await fleet.start('scaler', { REDIS_URL: redis.urlOf('scaler'), SCALER_INTERVAL_MS: '500' });
    worker = await startWorker('first');
    tenant = await fleet.tenant('acme');
  });
  afterAll(async () => {
    await fleet?.close();
    await redis?.stop();
  });

  function startWorker(id: string): Promise<FleetProcess> {
    const short = { SHUTDOWN_GRACE_MS: '300' };
    return fleet.start('worker', { REDIS_URL: redis.urlOf('worker'), WORKER_ID: id, ...short });
  }

  async function submit(body: Readonly<Record<string, unknown>>): Promise<string> {
    return String((await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', ...body })).id);
  }

  function reaches(id: string, state: string): Promise<unknown> {
    const look = async () => (await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`)).state === state;
    return until(`the job is ${state}`, look);
  }

  it('runs jobs at once, later, and again after they failed', async () => {
    await reaches(await submit({ data: {} }), 'completed');
    await reaches(await submit({ data: {}, delayMs: 1_000, priority: 90 }), 'completed');
    await reaches(await submit({ data: { fail: 'transient', failTimes: 1 } }), 'completed');
    const queue = await tenant.expect(200, 'GET', '/api/v1/queue');
    expect(queue).toMatchObject({ workers: { live: 1 } });
  });

  it('cancels jobs that wait and jobs that run', async () => {
    const running = await submit({ data: { sleepMs: 600_000 } });
    await reaches(running, 'active');
    const waiting = await submit({ data: {}, delayMs: 600_000 });
    for (const id of [running, waiting]) await tenant.expect(202, 'DELETE', `/api/v1/jobs/${id}`);
    for (const id of [running, waiting]) await reaches(id, 'cancelled');
  });

  it('buries a job and brings it back', async () => {
    const id = await submit({ data: { fail: 'permanent', failTimes: 1 } });
    await reaches(id, 'dead');
    const { deadLetters } = await tenant.expect(200, 'GET', '/api/v1/dead-letters');
    const letter = (deadLetters as { id: string; jobId: string }[]).find(({ jobId }) => jobId === id);
    await tenant.expect(202, 'POST', `/api/v1/dead-letters/${letter?.id}/redrive`);
    await reaches(id, 'completed');
  });

  it('holds the jobs of an upstream to its quota, and lets them go on when that is raised', async () => {
    const limit = (callsPerWindow: number) =>
      fleet.operator.expect(200, 'PUT', '/api/v1/admin/tenants/acme/limits', {
        upstreams: { ga4: { callsPerWindow, windowMs: 600_000, callsAtATime: null } },
      });
    // The worker has no credentials of GA4: a job that gets its call dies of that.
    const data = { propertyId: '1', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };
    await limit(1);
    await reaches(await submit({ task: 'ga4.run_report', data }), 'dead');
    const held = await submit({ task: 'ga4.run_report', data });
    await until('the quota is used up', async () => {
      const { quota } = await tenant.expect(200, 'GET', '/api/v1/queue');
      return (quota as { left: number }[])[0]?.left === 0;
    });
    await limit(5);
    await until('the job has its call', async () => {
      return (await tenant.expect(200, 'GET', `/api/v1/jobs/${held}`)).state === 'dead';
    });
  });

  it('runs the job of a worker that was killed in another', async () => {
    const id = await submit({ data: { sleepMs: 2_000 } });
    await reaches(id, 'active');
    worker.kill('SIGKILL');
    worker = await startWorker('second');
    await reaches(id, 'completed');
  });

  it('shows its lanes on the dashboard', async () => {
    const key = `slk_${randomBytes(24).toString('base64url')}`;
    const { environment } = fleet.space;
    const REDIS_URL = redis.urlOf('dashboard');
    const dashboard = await startFleetProcess('dashboard', { ...environment, REDIS_URL, SLUICE_OPERATOR_KEY: key });
    try {
      const body = new URLSearchParams({ key });
      const headers = { origin: dashboard.url };
      const login = await fetch(`${dashboard.url}/login`, { method: 'POST', body, headers, redirect: 'manual' });
      const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
      const page = `${dashboard.url}/api/queues?activeQueue=acme.default&status=completed&page=1`;
      const shown = await until('the lanes are on the board', async () => {
        const answer = await fetch(page, { headers: { cookie } });
        const text = await answer.text();
        return answer.status === 200 && text.includes('acme.default') ? text : null;
      });
      expect(shown).toContain('system.probe');
    } finally {
      await dashboard.stop();
    }
  });

  it('forgets a tenant', async () => {
    await fleet.tenant('globex');
    await fleet.operator.expect(204, 'DELETE', '/api/v1/admin/tenants/globex');
  });

  it('asked for nothing that it was refused', async () => {
    const admin = new Redis(redis.adminUrl);
    const refused = (await admin.acl('LOG', 100)) as unknown as unknown[][];
    admin.disconnect();
    // The set-up's own probe asks as nobody.
    const ofProcesses = refused.filter((entry) => NAMES.some((name) => entry.includes(name)));
    expect(ofProcesses.map((entry) => JSON.stringify(entry))).toEqual([]);
  });

  it.each(NAMES)('refuses the %s what it has no use for', async (name) => {
    const connection = new Redis(redis.urlOf(name), { retryStrategy: null });
    const mine = `{${fleet.space.prefix}:1}:x`;
    try {
      const commands: [string, ...string[]][] = [
        ['FLUSHALL'],
        ['FLUSHDB'],
        ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'],
        ['KEYS', '*'],
        ['SCAN', '0'],
        ['RANDOMKEY'],
        ['SWAPDB', '0', '1'],
        ['SHUTDOWN'],
        ['MONITOR'],
        ['ACL', 'LIST'],
        ['CLIENT', 'LIST'],
        ['SCRIPT', 'FLUSH'],
        ['FUNCTION', 'LIST'],
        ['REPLICAOF', 'NO', 'ONE'],
        ['MIGRATE', '127.0.0.1', '1', mine, '0', '1'],
        ['SORT', mine],
        ['GET', 'other'],
        ['GET', '{other:1}:x'],
        ['EVAL', "return redis.call('GET', 'other')", '0'],
        ['EVAL', "return redis.call('FLUSHALL')", '0'],
        ['SUBSCRIBE', 'other:changed'],
      ];
      if (name === 'dashboard')
        commands.push(['SET', mine, '1'], ['EVAL', "return redis.call('SET', KEYS[1], 1)", '1', mine]);
      if (name !== 'worker') commands.push(['BZPOPMIN', mine, '0.01']);
      for (const [command, ...args] of commands) {
        const said = await connection.call(command, ...args).then(
          () => 'allowed',
          (error: Error) => error.message,
        );
        expect([command, ...args, said]).toEqual([
          command,
          ...args,
          expect.stringMatching(/NOPERM|permission|executing the script can't/i),
        ]);
      }
      const allowed = connection.call('GET', mine);
      expect(await allowed).toBeNull();
    } finally {
      connection.disconnect();
    }
  });
});
