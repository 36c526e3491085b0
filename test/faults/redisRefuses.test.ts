import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import type { HttpClient } from '../support/httpClient.js';
import type { RedisServer } from '../support/redisServer.js';
import { startRedisServer } from '../support/redisServer.js';
import { until } from '../support/until.js';

/** Jobs that run at once, and jobs in all. */
const AT_ONCE = 5;
const JOBS = 20;

describe('a Redis that refuses writes while jobs run', { timeout: 180_000 }, () => {
  let server: RedisServer;
  let admin: Redis;
  let fleet: Fleet;
  let worker: FleetProcess;
  let tenant: HttpClient;

  beforeAll(async () => {
    server = await startRedisServer(['maxmemory-policy noeviction']);
    const url = `redis://127.0.0.1:${server.port}`;
    admin = new Redis(url);
    fleet = await startFleet({ SLOT_CONCURRENCY: String(AT_ONCE) }, { url });
    worker = await fleet.start('worker', { SHUTDOWN_GRACE_MS: '500', STALLED_CHECK_MS: '1000' });
    tenant = await fleet.tenant('acme');
  });
  afterAll(async () => {
    await admin?.config('SET', 'maxmemory', '0');
    await admin?.config('SET', 'min-replicas-to-write', '0');
    await fleet?.close();
    admin?.disconnect();
    await server?.stop();
  });

  async function states(): Promise<Map<string, number>> {
    const { rows } = await fleet.space.postgres.db.$client.query<{ state: string; count: number }>(
      'SELECT state, count(*)::int AS count FROM jobs GROUP BY state',
    );
    return new Map(rows.map(({ state, count }) => [state, count]));
  }

  function complaints(): readonly Record<string, unknown>[] {
    return worker.lines.filter(({ level }) => ['warn', 'error', 40, 50].includes(level as string | number));
  }

  /** What was said more often than once in some seconds of the about twelve that the refusal lasts. */
  function tooOften(lines: readonly Record<string, unknown>[]): string[] {
    const times = new Map<string, number>();
    for (const { msg } of lines) times.set(String(msg), (times.get(String(msg)) ?? 0) + 1);
    return [...times].flatMap(([text, count]) => (count > 4 ? [`${count} times: ${text}`] : []));
  }

  async function startsOfAll(): Promise<number> {
    const { rows } = await fleet.space.postgres.db.$client.query<{ starts: number }>(
      'SELECT sum(fence)::int AS starts FROM jobs',
    );
    return rows[0]?.starts ?? 0;
  }

  async function submit(count: number): Promise<void> {
    const job = { task: 'system.probe', data: { sleepMs: 1_500 } };
    await tenant.expect(207, 'POST', '/api/v1/jobs/batch', { jobs: Array.from({ length: count }, () => job) });
  }

  it('lets jobs that run end in the ledger, takes no others meanwhile, and runs each once', async () => {
    await submit(JOBS);
    await until('jobs run', async () => (await states()).get('active') === AT_ONCE);
    // Every write is refused from now on, those of scripts too.
    await admin.config('SET', 'min-replicas-to-write', '1');
    await until('those that ran are over', async () => (await states()).get('completed') === AT_ONCE);
    const told = () => worker.lines.filter(({ refusal }) => refusal === 'no-replicas').length;
    await until('the refusal is told again, ten seconds on', () => told() >= 2, 60_000);
    expect((await states()).get('completed')).toBe(AT_ONCE);
    expect(tooOften(complaints())).toEqual([]);

    await admin.config('SET', 'min-replicas-to-write', '0');
    await until('all are over', async () => (await states()).get('completed') === JOBS, 60_000);
    expect(await startsOfAll()).toBe(JOBS);
    const [lane = ''] = await admin.keys('*acme.default:completed');
    await until('BullMQ knows, too', async () => (await admin.zcard(lane)) === JOBS);
  });

  it('runs each job once when it is full, with few words', async () => {
    const before = complaints().length;
    await admin.config('SET', 'min-replicas-to-write', '0');
    await until('those before are over', async () => (await states()).get('completed') === JOBS, 60_000);
    await submit(JOBS);
    await until('jobs run', async () => (await states()).get('active') === AT_ONCE);
    await admin.config('SET', 'maxmemory', '1');
    await until('some are over', async () => ((await states()).get('completed') ?? 0) >= JOBS + AT_ONCE, 60_000);
    await admin.config('SET', 'maxmemory', '0');
    await until('all are over', async () => (await states()).get('completed') === 2 * JOBS, 60_000);
    expect(await startsOfAll()).toBe(2 * JOBS);
    expect(tooOften(complaints().slice(before))).toEqual([]);
  });
});
