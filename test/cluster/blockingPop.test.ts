import type { BlockingPop } from '@sluice/fleet/redis/blockingPop';
import { createBlockingPop } from '@sluice/fleet/redis/blockingPop';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { createRedis } from '@sluice/fleet/redis/connect';
import { ownerOf } from '@sluice/fleet/redis/slotOwner';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RedisCluster } from '../support/redisCluster.js';
import { startRedisCluster } from '../support/redisCluster.js';
import type { RedisServer } from '../support/redisServer.js';
import { startRedisServer } from '../support/redisServer.js';
import { until } from '../support/until.js';

const log = createLogger('test', { level: 'silent' });

let cluster: RedisCluster;
let server: RedisServer;
beforeAll(async () => {
  [cluster, server] = await Promise.all([startRedisCluster(1), startRedisServer([])]);
});
afterAll(() => Promise.all([cluster.stop(), server.stop()]));

describe.each(['one server', 'a Redis Cluster'] as const)('a blocking pop on %s', (kind) => {
  let redis: RedisService;
  let pop: BlockingPop;
  beforeEach(async () => {
    // A caller's time limit for a command must not end a wait.
    const config = kind === 'one server' ? { url: `redis://127.0.0.1:${server.port}` } : cluster.config;
    redis = createRedis(config, 'caller', log);
    await redis.start();
    pop = createBlockingPop(redis.client);
  });
  afterEach(async () => {
    pop.disconnect();
    await redis.stop(AbortSignal.timeout(1_000));
  });

  const [first, second] = ['{pop:1}:first', '{pop:1}:second'];

  it('takes the lowest member of the first set that has one', async () => {
    await redis.client.zadd(second, 2, 'b', 1, 'a');
    expect(await pop.bzpopmin([first, second], 1)).toEqual({ key: second, member: 'a', score: 1 });
    await redis.client.zadd(first, 0, 'c');
    expect(await pop.bzpopmin([first, second], 1)).toEqual({ key: first, member: 'c', score: 0 });
    expect(await pop.bzpopmin([first, second], 1)).toEqual({ key: second, member: 'b', score: 2 });
  });

  it('is woken by a member that comes later, longer than a caller would wait', async () => {
    const waiting = pop.bzpopmin([first], 20);
    await until('it waits', () => isBlocked());
    await redis.client.zadd(first, 0, 'late');
    expect(await waiting).toEqual({ key: first, member: 'late', score: 0 });
  });

  it('answers null when nothing came', async () => {
    expect(await pop.bzpopmin([first], 1.2)).toBeNull();
  });

  it('rejects at once when its connection is cut, and connects anew with the next call', async () => {
    const waiting = pop.bzpopmin([first], 20).catch((error: unknown) => error);
    await until('it waits', () => isBlocked());
    await cutBlocked();
    expect(await waiting).toBeInstanceOf(Error);
    await redis.client.zadd(first, 0, 'again');
    expect(await pop.bzpopmin([first], 1)).toEqual({ key: first, member: 'again', score: 0 });
  });

  it('rejects at once when it is told to disconnect', async () => {
    const waiting = pop.bzpopmin([first], 20).catch((error: unknown) => error);
    await until('it waits', () => isBlocked());
    pop.disconnect();
    expect(await waiting).toBeInstanceOf(Error);
    await until('its connection is gone', async () => !(await isBlocked()));
  });

  it('rejects when the server is silent, and works again once it is not', async () => {
    await redis.client.zadd(first, 0, 'kept');
    await pop.bzpopmin([first], 1);
    await ownerOf(redis.client, first).client('PAUSE', 4_000, 'WRITE');
    await expect(pop.bzpopmin([first], 0.1)).rejects.toMatchObject({ code: 'unavailable' });
    await ownerOf(redis.client, first).client('UNPAUSE');
    await redis.client.zadd(first, 0, 'after');
    expect(await pop.bzpopmin([first], 2)).toEqual({ key: first, member: 'after', score: 0 });
  });

  async function blocked(): Promise<string[]> {
    const list = String(await ownerOf(redis.client, first).client('LIST'));
    return list.split('\n').filter((line) => / flags=b /.test(line) && / cmd=bzpopmin /.test(line));
  }
  async function isBlocked(): Promise<boolean> {
    return (await blocked()).length > 0;
  }
  async function cutBlocked(): Promise<void> {
    for (const line of await blocked()) {
      await ownerOf(redis.client, first).client('KILL', 'ID', Number(/^id=(\d+)/.exec(line)?.[1]));
    }
  }
});

describe('a blocking pop on a Redis Cluster that changes', () => {
  let redis: RedisService;
  beforeAll(async () => {
    redis = createRedis(cluster.config, 'consumer', log);
    await redis.start();
  });
  afterAll(() => redis.stop(AbortSignal.timeout(1_000)));

  /** The next call that is not refused, as the wake hub goes on. */
  async function popAnyhow(pop: BlockingPop, keys: readonly string[]): Promise<unknown> {
    return until('something was taken', () => pop.bzpopmin(keys, 1).catch(() => null));
  }

  it('costs one connection for each bucket that waits', async () => {
    const before = await cluster.countClients();
    const buckets = Array.from({ length: 10 }, (_, bucket) => `{count:${bucket}}:wake`);
    const pops = buckets.map(() => createBlockingPop(redis.client));
    const waiting = pops.map((pop, index) => pop.bzpopmin([buckets[index] ?? ''], 20).catch(() => null));
    await until('one connection each', async () => (await cluster.countClients()) === before + buckets.length);
    for (const pop of pops) pop.disconnect();
    await Promise.all(waiting);
    await until('all are gone', async () => (await cluster.countClients()) === before);
  });

  it('follows a slot that moves while it waits', async () => {
    const key = '{moving:3}:wake';
    const pop = createBlockingPop(redis.client);
    const waiting = pop.bzpopmin([key], 20).catch((error: unknown) => error);
    await until('it waits', () => isBlockedAt(key));
    await cluster.moveSlotOf(key);
    expect(await waiting).toBeInstanceOf(Error);
    await redis.client.zadd(key, 0, 'moved');
    expect(await popAnyhow(pop, [key])).toEqual({ key, member: 'moved', score: 0 });
    pop.disconnect();
  });

  it('follows a slot to the replica that takes over', async () => {
    const key = '{failing:3}:wake';
    const pop = createBlockingPop(redis.client);
    const waiting = pop.bzpopmin([key], 20).catch((error: unknown) => error);
    await until('it waits', () => isBlockedAt(key));
    const killed = cluster.killOwnerOf(key);
    expect(await waiting).toBeInstanceOf(Error);
    await redis.client.zadd(key, 0, 'survived');
    await killed;
    expect(await popAnyhow(pop, [key])).toEqual({ key, member: 'survived', score: 0 });
    pop.disconnect();
  });

  async function isBlockedAt(key: string): Promise<boolean> {
    return / flags=b /.test(String(await ownerOf(redis.client, key).client('LIST')));
  }
});
