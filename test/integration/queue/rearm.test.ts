import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import type { Lane } from '@sluice/shared/domain/lane';
import type { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RedisServer } from '../../support/redisServer.js';
import { startRedisServer } from '../../support/redisServer.js';
import { runLanes } from '../../support/runLanes.js';
import type { TcpProxy } from '../../support/tcpProxy.js';
import { startTcpProxy } from '../../support/tcpProxy.js';
import { until } from '../../support/until.js';
import type { Runs } from './support.js';
import { addToEach, connectTo, lanesOf, NO_SWEEP_MS, noteRuns, plainQueue } from './support.js';

const DURABLE = ['appendonly yes', 'appendfsync always', 'save ""', 'repl-diskless-sync-delay 0'];

describe('lanes that wait, when Redis fails them', () => {
  const keys = fleetKeys('rearm');
  const lanes = lanesOf(40);
  const closers: (() => Promise<unknown>)[] = [];
  let server: RedisServer;
  let folder: string;
  let proxy: TcpProxy;
  let outside: Redis;
  let runs: Runs;
  let queues: Map<Lane, Queue>;
  let adding: RedisService;
  let rounds = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-rearm-'));
    server = await startRedisServer([...DURABLE, `dir ${folder}`]);
    await (await connectTo(server.port)).stop(AbortSignal.timeout(1_000));
    outside = new Redis(server.port, '127.0.0.1');
    outside.on('error', () => undefined);
    proxy = await startTcpProxy(server.port);
    runs = noteRuns();
    closers.push(
      () => rm(folder, { recursive: true, force: true }),
      () => server.stop(),
      () => proxy.stop(),
      async () => outside.disconnect(),
    );
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  /** The lanes run through the proxy; jobs are added over a connection that does not fail with it. */
  async function start({ sweepMs = NO_SWEEP_MS } = {}): Promise<void> {
    const redis = await connectTo(proxy.port);
    const running = await runLanes(lanes, { client: redis.client, keys, run: runs.run, concurrency: 4, sweepMs });
    closers.push(
      () => redis.stop(AbortSignal.timeout(1_000)),
      () => running.close(),
    );
    await addFrom(server.port);
    await everyLaneRuns();
    await until('every bucket is waited for', async () => (await waiters(outside)).length > 20);
  }

  async function addFrom(port: number): Promise<void> {
    adding = await connectTo(port);
    const { stop } = adding;
    queues = new Map(lanes.map((lane) => [lane, plainQueue(lane, adding, keys)]));
    const opened = [...queues.values()];
    closers.push(
      () => stop(AbortSignal.timeout(1_000)),
      () => Promise.all(opened.map((queue) => queue.close())),
    );
  }

  async function everyLaneRuns(): Promise<void> {
    await runs.wait(await addToEach(queues, `round-${rounds++}`), 30_000);
  }

  /** The first round may be found by looking; the later ones only by those who wait again. */
  async function noLaneIsDeaf(): Promise<void> {
    for (let round = 0; round < 3; round++) await everyLaneRuns();
  }

  it('wait again after their waits were killed', async () => {
    await start();
    const before = await waiters(outside);
    await Promise.all(before.map((id) => outside.call('CLIENT', 'KILL', 'ID', id)));
    await noLaneIsDeaf();
    await until('all wait again', async () => (await waiters(outside)).length >= before.length);
  });

  it('wait again after every connection was killed, also when jobs came meanwhile', async () => {
    await start();
    for (let again = 0; again < 5; again++) {
      await outside.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await everyLaneRuns();
    }
    await noLaneIsDeaf();
  });

  it('lose no job when connections are killed while lanes are busy', async () => {
    await start();
    const added = lanes.flatMap(({ tenantId }) =>
      Array.from({ length: 20 }, (_, index) => `${tenantId}/busy-${index}`),
    );
    const adds = lanes.map((lane) =>
      queues
        .get(lane)
        ?.addBulk(
          Array.from({ length: 20 }, (_, index) => ({ name: 'work', data: {}, opts: { jobId: `busy-${index}` } })),
        ),
    );
    await Promise.all(adds);
    for (let again = 0; again < 3; again++) {
      const seen = runs.all.length;
      await until('some more have run', () => runs.all.length > seen + 50 || runs.all.length >= added.length);
      proxy.cut();
    }
    await noLaneIsDeaf();
    // A job that was claimed when its connection broke is found stalled by a later sweep; there are as many as runners.
    const ran = new Set(runs.all);
    expect(added.filter((job) => !ran.has(job)).length).toBeLessThanOrEqual(3 * 4);
  });

  it('wait again after Redis was killed and started again with its data', async () => {
    await start();
    const { port } = server;
    server.kill('SIGKILL');
    await server.stop();
    server = await startRedisServer([...DURABLE, `dir ${folder}`, `port ${port}`]);
    await noLaneIsDeaf();
  });

  it('run jobs that Redis held when it was started again', async () => {
    await start();
    const { port } = server;
    proxy.redirect(1);
    proxy.cut();
    const added = await addToEach(queues, 'kept');
    server.kill('SIGKILL');
    await server.stop();
    server = await startRedisServer([...DURABLE, `dir ${folder}`, `port ${port}`]);
    proxy.redirect(port);
    await runs.wait(added);
    await noLaneIsDeaf();
  });

  it('hear of the first job after Redis was emptied', async () => {
    await start();
    await outside.flushall();
    await noLaneIsDeaf();
  });

  it('wait at the new master after a failover', async () => {
    await start();
    const replica = await startRedisServer([...DURABLE, `replicaof 127.0.0.1 ${server.port}`]);
    // Last of all: a lane that ends waits for what Redis is doing for it.
    closers.unshift(() => replica.stop());
    await until('the replica has followed', async () => /master_link_status:up/.test(await infoOf(replica.port)));
    const before = await addToEach(queues, 'before');
    await runs.wait(before);
    server.kill('SIGKILL');
    proxy.redirect(replica.port);
    const promoted = new Redis(replica.port, '127.0.0.1');
    closers.push(async () => promoted.disconnect());
    await promoted.replicaof('NO', 'ONE');
    await addFrom(replica.port);
    await noLaneIsDeaf();
    await until('every bucket is waited for there', async () => (await waiters(promoted)).length > 20);
  });

  it('are found by the sweep while their waits hang on connections that died unheard', async () => {
    await start({ sweepMs: 1_000 });
    proxy.silence('bzpopmin');
    await noLaneIsDeaf();
  });

  it('go on after all connections died unheard', async () => {
    await start({ sweepMs: 1_000 });
    proxy.silence();
    await noLaneIsDeaf();
  });
});

/** Ids of the connections that wait. */
async function waiters(redis: Redis): Promise<string[]> {
  const list = String(await redis.client('LIST'));
  return list
    .split('\n')
    .filter((line) => / cmd=bzpopmin/.test(line) && / flags=\S*b/.test(line))
    .map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '');
}

async function infoOf(port: number): Promise<string> {
  const redis = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    return await redis.info('replication');
  } catch {
    return '';
  } finally {
    redis.disconnect();
  }
}
