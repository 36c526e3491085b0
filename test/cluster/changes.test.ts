import type { RedisService } from '@sluice/fleet/redis/connect';
import { createRedis } from '@sluice/fleet/redis/connect';
import { createSubscriber } from '@sluice/fleet/redis/subscribe';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RedisCluster } from '../support/redisCluster.js';
import { startRedisCluster } from '../support/redisCluster.js';
import { until } from '../support/until.js';

const log = createLogger('test', { level: 'silent' });
const KEY = '{changes}:key';

describe('a connection to a Redis Cluster that changes', () => {
  let cluster: RedisCluster;
  let consumer: RedisService;
  let caller: RedisService;
  beforeAll(async () => {
    cluster = await startRedisCluster(1);
  });
  beforeEach(async () => {
    consumer = createRedis(cluster.config, 'consumer', log);
    caller = createRedis(cluster.config, 'caller', log);
    await Promise.all([consumer.start(), caller.start()]);
  });
  afterEach(async () => {
    await Promise.all([consumer, caller].map((redis) => redis.stop(AbortSignal.timeout(1_000))));
  });
  afterAll(() => cluster.stop());

  it('hears again what is published when the connection that listens was cut', async () => {
    const heard: string[] = [];
    const subscriber = createSubscriber(caller.client, { news: (message) => heard.push(message) });
    await subscriber.start();
    const nodes = consumer.client instanceof Cluster ? consumer.client.nodes() : [];
    for (const node of nodes) await node.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('it hears again', async () => {
      await consumer.client.publish('news', 'again');
      return heard.length > 0;
    });
    await subscriber.stop(AbortSignal.timeout(1_000));
  });

  it('waits for a slot that moves, and finds its keys where they are then', async () => {
    await consumer.client.set(KEY, 'before');
    await cluster.moveSlotOf(KEY);
    expect(await consumer.client.get(KEY)).toBe('before');
    expect(await caller.client.get(KEY)).toBe('before');
  });

  it('tells a caller in time that a master is silent, and does what a consumer asked of it once its replica took over', async () => {
    await consumer.client.set(KEY, 'before');
    const over = cluster.killOwnerOf(KEY, 'SIGSTOP');
    const refusal = await until('the caller is refused', () =>
      caller.client.get(KEY).then(
        () => null,
        (error: unknown) => error,
      ),
    );
    expect(refusal).toMatchObject({ message: 'Command timed out' });
    const answered = consumer.client.get(KEY);
    await over;
    expect(await answered).toBe('before');
    await until('the caller finds it, too', () => caller.client.get(KEY).catch(() => null));
  });

  it('can be made once more when the node that it began at is gone', async () => {
    // The first master, which the URL names, owns the slot of this key.
    await cluster.killOwnerOf('b');
    const again = consumer.client instanceof Cluster ? consumer.client.duplicate() : null;
    expect(await again?.ping()).toBe('PONG');
    again?.disconnect();
  });
});
