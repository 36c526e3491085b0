import type { SlotCapacity } from '@sluice/fleet/queue/run/slotCapacity';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisServer } from '../../support/redisServer.js';
import { startRedisServer } from '../../support/redisServer.js';
import { runLanes, unlimitedCapacity } from '../../support/runLanes.js';
import { until } from '../../support/until.js';
import { connectTo, lanesOf, NO_SWEEP_MS, noteRuns, plainQueue } from './support.js';

describe('lanes without work', () => {
  const keys = fleetKeys('closing');
  let server: RedisServer;
  let redis: RedisService;
  let outside: RedisService;
  beforeAll(async () => {
    server = await startRedisServer(['save ""']);
    redis = await connectTo(server.port);
    outside = await connectTo(server.port);
  });
  afterAll(async () => {
    for (const connection of [redis, outside]) await connection.stop(AbortSignal.timeout(1_000));
    await server.stop();
  });

  async function clients(): Promise<string[]> {
    return String(await outside.client.client('LIST'))
      .trim()
      .split('\n');
  }

  async function waitsAreOpen(atLeast: number): Promise<void> {
    await until('the lanes are waited for', async () => {
      return (await clients()).filter((line) => / cmd=bzpopmin/.test(line)).length >= atLeast;
    });
  }

  /** Commands that Redis has carried out, by name. */
  async function commands(): Promise<Map<string, number>> {
    const stats = await outside.client.info('commandstats');
    return new Map(
      Array.from(stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm), ([, name, calls]) => [String(name), Number(calls)]),
    );
  }

  /** Counted from when what was begun is over. */
  async function commandsOfTwoSeconds(): Promise<number> {
    const settled = await until('no look is under way', async () => {
      const first = total(await commands());
      const second = total(await commands());
      return second - first <= 1 ? second : false;
    });
    const end = Date.now() + 2_000;
    await until('two seconds have passed', () => Date.now() > end);
    return total(await commands()) - settled;
  }

  it('are closed at once, long before their waits would end, and leave nothing', async () => {
    const before = (await clients()).length;
    const runs = noteRuns();
    const running = await runLanes(lanesOf(100), { client: redis.client, keys, run: runs.run, sweepMs: NO_SWEEP_MS });
    await waitsAreOpen(30);
    const waitsFor = new AbortController();
    const late = new Promise((resolve) => {
      const timer = setTimeout(resolve, 10_000, 'late');
      waitsFor.signal.addEventListener('abort', () => clearTimeout(timer));
    });
    expect(await Promise.race([running.close(), late])).not.toBe('late');
    waitsFor.abort();
    await until('the connections are gone', async () => (await clients()).length === before);
    expect(await outside.client.keys('*nudge*')).toEqual([]);
    await running.close();
  });

  it('wait for the job that runs when they are closed, and take no other', async () => {
    const [lane] = lanesOf(1, 'last');
    if (lane === undefined) throw new Error('a lane is needed');
    const before = (await clients()).length;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const runs = noteRuns(() => held);
    const queue = plainQueue(lane, outside, keys);
    const running = await runLanes([lane], { client: redis.client, keys, run: runs.run, sweepMs: NO_SWEEP_MS });
    await queue.addBulk(['first', 'second'].map((jobId) => ({ name: 'work', data: {}, opts: { jobId } })));
    await runs.wait(['last-0/first']);
    let closed = false;
    const closing = running.close().then(() => {
      closed = true;
    });
    await outside.client.ping();
    expect(closed).toBe(false);
    release();
    await closing;
    expect(runs.all).toEqual(['last-0/first']);
    expect(await queue.getJobCounts('wait', 'active', 'completed')).toEqual({ wait: 1, active: 0, completed: 1 });
    await until('the connections are gone', async () => (await clients()).length === before);
    await queue.close();
  });

  it('cost Redis next to nothing: 300 of them send a handful of commands in two seconds', async () => {
    const lanes = lanesOf(300, 'idle');
    const runs = noteRuns();
    const running = await runLanes(lanes, { client: redis.client, keys, run: runs.run, sweepMs: NO_SWEEP_MS });
    await waitsAreOpen(60);
    expect(await commandsOfTwoSeconds()).toBeLessThan(6);
    await running.close();
  });

  it('cost as little while they hold work that must wait: paused, rate limited, not due, or without room', async () => {
    const lanes = lanesOf(4, 'held');
    const runs = noteRuns();
    const full = new Set(lanes.slice(3).map(({ tenantId }) => tenantId));
    const inner = unlimitedCapacity(2);
    const capacity: SlotCapacity = {
      ...inner,
      has: (tenantId) => !full.has(tenantId),
      take: (tenantId) => (full.has(tenantId) ? null : inner.take(tenantId)),
    };
    const queues = lanes.map((lane) => plainQueue(lane, outside, keys));
    const [paused, limited, delayed, blocked] = queues;
    const options = { client: redis.client, keys, run: runs.run, capacity, concurrency: 2, sweepMs: NO_SWEEP_MS };
    const running = await runLanes(lanes, options);
    const jobs = Array.from({ length: 50 }, () => ({ name: 'work', data: {} }));
    await paused?.pause();
    await limited?.setGlobalRateLimit(1, 60_000);
    await limited?.rateLimit(60_000);
    for (const queue of [paused, limited, blocked]) await queue?.addBulk(jobs);
    await delayed?.addBulk(jobs.map((job) => ({ ...job, opts: { delay: 60_000 } })));
    expect(await commandsOfTwoSeconds()).toBeLessThan(6);
    expect(runs.all).toEqual([]);
    await running.close();
    await Promise.all(queues.map((queue) => queue.close()));
  });
});

function total(commands: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const calls of commands.values()) sum += calls;
  return sum;
}
