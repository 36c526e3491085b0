import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import type { HttpClient } from '../support/httpClient.js';
import type { RedisServer } from '../support/redisServer.js';
import { startRedisServer } from '../support/redisServer.js';
import { until, untilDrained } from '../support/until.js';

/** Concurrent jobs, and total jobs. */
const AT_ONCE = 5;
const JOBS = 20;

/** Timeout for an expected event on a shared machine, in ms. */
const PATIENCE_MS = 60_000;

describe('a Redis that refuses writes while jobs run', { timeout: 400_000 }, () => {
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

  /** Lines logged more often than allowed, in count and per time: how long the fault lasts depends on the machine. */
  function tooOften(lines: readonly Record<string, unknown>[]): string[] {
    const said = new Map<string, number[]>();
    for (const { msg, time } of lines) said.set(String(msg), [...(said.get(String(msg)) ?? []), Number(time)]);
    return [...said].flatMap(([text, times]) => {
      const lastedMs = Math.max(...times) - Math.min(...times);
      return times.length > 3 + lastedMs / 5_000 ? [`${times.length} times in ${lastedMs} ms: ${text}`] : [];
    });
  }

  async function startsOfAll(): Promise<number> {
    const { rows } = await fleet.space.postgres.db.$client.query<{ starts: number }>(
      'SELECT sum(fence)::int AS starts FROM jobs',
    );
    return rows[0]?.starts ?? 0;
  }

  /** The first jobs still run once Redis refuses writes, however busy the machine; the others are short. */
  async function submit(): Promise<void> {
    const job = (_: unknown, index: number) => ({
      task: 'system.probe',
      data: { sleepMs: index < AT_ONCE ? 4_000 : 500 },
    });
    await tenant.expect(207, 'POST', '/api/v1/jobs/batch', { jobs: Array.from({ length: JOBS }, job) });
  }

  async function untilCompleted(jobs: number): Promise<void> {
    await untilDrained('all are over', async () => jobs - ((await states()).get('completed') ?? 0));
  }

  it('lets jobs that run end in the ledger, takes no others meanwhile, and runs each once', async () => {
    await submit();
    await until('jobs run', async () => (await states()).get('active') === AT_ONCE, PATIENCE_MS);
    // Redis refuses every write from now on, including those of scripts.
    await admin.config('SET', 'min-replicas-to-write', '1');
    await until('those that ran are over', async () => (await states()).get('completed') === AT_ONCE, PATIENCE_MS);
    const told = () => worker.lines.filter(({ refusal }) => refusal === 'no-replicas').length;
    await until('the refusal is told again, ten seconds on', () => told() >= 2, PATIENCE_MS);
    expect((await states()).get('completed')).toBe(AT_ONCE);
    expect(tooOften(complaints())).toEqual([]);

    await admin.config('SET', 'min-replicas-to-write', '0');
    await untilCompleted(JOBS);
    expect(await startsOfAll()).toBe(JOBS);
    const [lane = ''] = await admin.keys('*acme.default:completed');
    await until('BullMQ knows, too', async () => (await admin.zcard(lane)) === JOBS, PATIENCE_MS);
  });

  it('runs each job once when it is full, with few words', async () => {
    const before = complaints().length;
    await admin.config('SET', 'min-replicas-to-write', '0');
    await untilCompleted(JOBS);
    await submit();
    await until('jobs run', async () => (await states()).get('active') === AT_ONCE, PATIENCE_MS);
    await admin.config('SET', 'maxmemory', '1');
    await until('some are over', async () => ((await states()).get('completed') ?? 0) >= JOBS + AT_ONCE, PATIENCE_MS);
    await admin.config('SET', 'maxmemory', '0');
    await untilCompleted(2 * JOBS);
    expect(await startsOfAll()).toBe(2 * JOBS);
    expect(tooOften(complaints().slice(before))).toEqual([]);
  });
});
