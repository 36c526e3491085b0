import { randomBytes } from 'node:crypto';
import { createBlockingPop } from '@sluice/fleet/redis/blockingPop';
import { createRedis } from '@sluice/fleet/redis/connect';
import type { RedisConfig } from '@sluice/fleet/redis/openClient';
import { createSubscriber } from '@sluice/fleet/redis/subscribe';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisServer } from '../support/redisServer.js';
import { startRedisServer } from '../support/redisServer.js';
import { until } from '../support/until.js';

const log = createLogger('test', { level: 'silent' });
const soon = () => AbortSignal.timeout(1_000);
const password = randomBytes(12).toString('hex');

describe('a Redis that Sentinels watch over', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let sentinel: RedisServer;
  let config: RedisConfig;
  beforeAll(async () => {
    const both = ['save ""', 'repl-diskless-sync-delay 0', `requirepass ${password}`, `masterauth ${password}`];
    master = await startRedisServer(both);
    replica = await startRedisServer([...both, `replicaof 127.0.0.1 ${master.port}`]);
    await until('the replica follows', () => tells(replica.port, /master_link_status:up/));
    const watch = [
      `sentinel monitor fleet 127.0.0.1 ${master.port} 1`,
      `sentinel auth-pass fleet ${password}`,
      'sentinel down-after-milliseconds fleet 1000',
      `requirepass ${password}s`,
    ];
    sentinel = await startRedisServer(watch, '--sentinel');
    config = {
      url: `redis://:${password}@not-used.invalid`,
      sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      sentinelMaster: 'fleet',
      sentinelPassword: `${password}s`,
    };
    await until('the Sentinel knows the replica', () => tells(sentinel.port, /slaves=1/, `${password}s`));
  });
  afterAll(() => Promise.all([sentinel, replica, master].map((server) => server?.stop())));

  it('is found by them, and found again after they chose another', async () => {
    const redis = createRedis(config, 'consumer', log);
    await redis.start();
    const heard: string[] = [];
    const subscriber = createSubscriber(redis.client, { news: (message) => heard.push(message) });
    await subscriber.start();
    const pop = createBlockingPop(redis.client);
    const waiting = pop.bzpopmin(['wake'], 20).catch((error: unknown) => error);
    await redis.client.set('key', 'before');
    await until('the replica has it', async () => (await ask(replica.port, (one) => one.get('key'))) === 'before');

    master.kill('SIGKILL');
    expect(await waiting).toBeInstanceOf(Error);
    await until('the replica was chosen', () => tells(replica.port, /role:master/));
    expect(await redis.client.get('key')).toBe('before');
    await redis.client.zadd('wake', 0, 'again');
    expect(await until('it is woken', () => pop.bzpopmin(['wake'], 1).catch(() => null))).toEqual({
      key: 'wake',
      member: 'again',
      score: 0,
    });
    await until('it hears again', async () => {
      await redis.client.publish('news', 'again');
      return heard.length > 0;
    });
    pop.disconnect();
    await subscriber.stop(soon());
    await redis.stop(soon());
  });

  it('cannot be reached when no Sentinel can, and the process says why', async () => {
    const redis = createRedis({ ...config, sentinels: [{ host: '127.0.0.1', port: 1 }] }, 'consumer', log);
    await expect(redis.start()).rejects.toThrow(/cannot be reached .*sentinels are unreachable.*REDIS_URL/);
  });
});

async function tells(port: number, what: RegExp, secret = password): Promise<boolean> {
  return what.test(await ask(port, (redis) => redis.info(), secret).catch(() => ''));
}

async function ask<Answer>(
  port: number,
  question: (redis: Redis) => Promise<Answer>,
  secret = password,
): Promise<Answer> {
  const redis = new Redis({ host: '127.0.0.1', port, password: secret, retryStrategy: null, lazyConnect: true });
  redis.on('error', () => undefined);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}
