import { readLiveWorkers } from '@sluice/fleet/redis/commands/processes';
import { writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { TcpProxy } from '../integration/producer/tcpProxy.js';
import { openTcpProxy } from '../integration/producer/tcpProxy.js';
import { ATTEMPTS } from '../support/attempts.js';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import type { HttpClient } from '../support/httpClient.js';
import { until } from '../support/until.js';
import type { OpenRequest, Upstream } from './upstream.js';
import { openUpstream } from './upstream.js';

const SLOTS = 2;
const SLOT_CONCURRENCY = 2;
const MOST = SLOTS * SLOT_CONCURRENCY;
const LEASE_MS = 2_000;

/** Job durations: long, short, and until their worker or the upstream ends them. */
const LONG_MS = 900;
const SHORT_MS = 50;
const FOR_EVER_MS = 300_000;

/** Timeout for an expected event on a shared machine, in ms. */
const PATIENCE_MS = 60_000;

const QUICK = {
  SLOT_LEASE_MS: String(LEASE_MS),
  SLOT_CONCURRENCY: String(SLOT_CONCURRENCY),
  WORKER_HEARTBEAT_MS: '2000',
  JOB_LOCK_MS: '2000',
  STALLED_CHECK_MS: '500',
};

describe('a tenant never runs more jobs than its slots allow', () => {
  let fleet: Fleet;
  let upstream: Upstream;
  let proxy: TcpProxy;
  let tenantId: string;
  let tenant: HttpClient;
  const workers: FleetProcess[] = [];
  let made = 0;

  beforeAll(async () => {
    fleet = await startFleet(QUICK);
  });
  afterAll(() => fleet.close());
  beforeEach(async () => {
    proxy = await openTcpProxy(inject('redisUrl'));
    upstream = await openUpstream();
    tenantId = `tenant-${made++}`;
    tenant = await fleet.tenant(tenantId);
    await writeDesiredSlots(fleet.space.redis.client, fleet.space.keys, new Map([[tenantId, SLOTS]]), 1);
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) {
      worker.kill('SIGCONT');
      worker.kill('SIGKILL');
    }
    await proxy.close();
    await upstream.close();
  });

  async function start(id: string, environment: Readonly<Record<string, string>> = {}): Promise<FleetProcess> {
    const worker = await fleet.start('worker', { WORKER_ID: id, ...environment });
    workers.push(worker);
    return worker;
  }

  function throughProxy(): string {
    const url = new URL(inject('redisUrl'));
    url.host = proxy.host;
    return url.href;
  }

  async function submit(count: number, holdMs: number): Promise<void> {
    const job = { task: 'notifications.webhook', data: { url: upstream.url(tenantId, holdMs), payload: {} } };
    await tenant.expect(207, 'POST', '/api/v1/jobs/batch', { jobs: Array.from({ length: count }, () => job) });
  }

  function full(): Promise<boolean> {
    return until('every slot is used', () => upstream.open.size === MOST, PATIENCE_MS);
  }

  /** Jobs keep completing after the fault; submits more, since the earlier ones may have ended. */
  async function progress(count = 12): Promise<void> {
    const before = upstream.answered();
    await submit(count, SHORT_MS);
    await until('jobs end again', () => upstream.answered() >= before + count, PATIENCE_MS);
  }

  /** The open requests of one worker, according to the ledger. */
  async function runBy(worker: string): Promise<OpenRequest[]> {
    const requests = [...upstream.open];
    const { rows } = await fleet.space.postgres.db.$client.query<{ job_id: string; number: number }>(
      `SELECT job_id, number FROM ${ATTEMPTS} WHERE split_part(worker_id, '~', 1) = $1 AND job_id = ANY($2)`,
      [worker, requests.map(({ jobId }) => jobId)],
    );
    const own = new Set(rows.map(({ job_id, number }) => `${job_id} ${number}`));
    return requests.filter(({ jobId, attempt }) => own.has(`${jobId} ${attempt}`));
  }

  /**
   * Starts a process and pauses it, so that it can join immediately when resumed: a start is slow on a busy machine.
   */
  async function standBy(id: string, environment: Readonly<Record<string, string>> = {}): Promise<FleetProcess> {
    const process = await start(id, environment);
    process.kill('SIGSTOP');
    await until(
      'it is taken for dead',
      async () => {
        const live = await readLiveWorkers(fleet.space.redis.client, fleet.space.keys);
        return live.length === 0;
      },
      PATIENCE_MS,
    );
    return process;
  }

  /** Starts a process that uses every slot; the others stand by. */
  async function startHolder(id: string, environment: Readonly<Record<string, string>> = {}): Promise<FleetProcess> {
    const holder = await start(id, environment);
    // Held until closed explicitly, so that they still run when a fault strikes, however late.
    await submit(MOST, FOR_EVER_MS);
    await full();
    await submit(30, SHORT_MS);
    return holder;
  }

  it('while the processes that hold its slots are killed one after the other', async () => {
    for (const id of ['k1', 'k2', 'k3']) await start(id);
    for (const id of ['k4', 'k5']) {
      // Earlier jobs may have ended: a process starts slowly on a busy machine.
      await submit(20, LONG_MS);
      await full();
      workers.shift()?.kill('SIGKILL');
      await progress(4);
      await start(id);
    }
    await progress();
    expect(upstream.most()).toBe(MOST);
  });

  it('while a process that holds its slots stands still for longer than the lease, and when it goes on', async () => {
    const heir = await standBy('heir');
    const zombie = await startHolder('zombie');
    heir.kill('SIGCONT');
    const stopped = await runBy('zombie');
    expect(stopped).toHaveLength(MOST);
    zombie.kill('SIGSTOP');
    // Its sockets are open but it does no work: until it resumes, only requests of others count.
    upstream.discount(stopped);
    await progress(4);
    expect(stopped.filter((request) => upstream.open.has(request))).toEqual(stopped);
    zombie.kill('SIGCONT');
    const contMs = performance.now();
    await until(
      'the zombie ended what it ran',
      () => stopped.every((request) => !upstream.open.has(request)),
      PATIENCE_MS,
    );
    process.stderr.write(`SIGCONT -> its requests are closed: ${Math.round(performance.now() - contMs)} ms\n`);
    await progress();
    expect(upstream.most()).toBe(MOST);
  });

  it.each(['cut', 'freeze'] as const)('while a process that holds its slots is apart from Redis: %s', async (fault) => {
    const host = { REDIS_URL: throughProxy() };
    const heir = await standBy(`heir-${fault}`);
    await startHolder(`apart-${fault}`, host);
    heir.kill('SIGCONT');
    const own = new Set(await runBy(`apart-${fault}`));
    expect(own.size).toBe(MOST);
    const before = upstream.answered();
    proxy[fault]();
    const cutMs = performance.now();
    await until(
      'another runs in their place',
      // A short request may open and close between two polls.
      () => upstream.answered() > before || [...upstream.open].some((request) => !own.has(request)),
      PATIENCE_MS,
    );
    process.stderr.write(`${fault} -> another runs: ${Math.round(performance.now() - cutMs)} ms\n`);
    await until('it ended what it ran', () => [...own].every((request) => !upstream.open.has(request)), PATIENCE_MS);
    process.stderr.write(`${fault} -> its requests are closed: ${Math.round(performance.now() - cutMs)} ms\n`);
    proxy.mend();
    await progress();
    expect(upstream.most()).toBe(MOST);
  });

  it('while Redis answers nobody for longer than the lease', async () => {
    const host = { REDIS_URL: throughProxy() };
    const other = await standBy('late-2', host);
    await startHolder('late-1', host);
    other.kill('SIGCONT');
    proxy.freeze();
    await until('every job was told to stop', () => upstream.open.size === 0, PATIENCE_MS);
    proxy.mend();
    await progress();
    expect(upstream.most()).toBe(MOST);
  });

  it('while two processes go by one name', async () => {
    await start('twin');
    await start('twin');
    await submit(40, LONG_MS);
    await progress(12);
    expect(upstream.most()).toBe(MOST);
  });
});
