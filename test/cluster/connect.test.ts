import { mastersOf } from '@sluice/fleet/redis/client';
import { readBuckets } from '@sluice/fleet/redis/commands/fleetTable';
import { createRedis } from '@sluice/fleet/redis/connect';
import { BUCKETS, fleetKeys } from '@sluice/fleet/redis/keys';
import type { RedisConfig } from '@sluice/fleet/redis/openClient';
import { createSubscriber } from '@sluice/fleet/redis/subscribe';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RedisCluster } from '../support/redisCluster.js';
import { startRedisCluster } from '../support/redisCluster.js';
import { until } from '../support/until.js';

const log = createLogger('test', { level: 'silent' });
const soon = () => AbortSignal.timeout(5_000);

describe('a connection to a Redis Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  async function refusal(config: RedisConfig): Promise<Error> {
    const redis = createRedis(config, 'consumer', log);
    const refused = await redis.start().then(
      () => new Error('it started'),
      (error: Error) => error,
    );
    await redis.stop(soon());
    return refused;
  }

  it('is refused by a process that was told of one server, with the setting to change', async () => {
    const error = await refusal({ url: cluster.config.url });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('Set REDIS_CLUSTER=true');
  });

  it('is missed by a process that was told of a Cluster and finds one server', async () => {
    const error = await refusal({ url: inject('redisUrl'), cluster: true });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('REDIS_CLUSTER is true, but');
  });

  it('says why it cannot be made', async () => {
    const closed = await refusal({ url: 'redis://127.0.0.1:1', cluster: true });
    expect(closed).toBeInstanceOf(ConfigurationError);
    expect(closed.message).toMatch(/cannot be reached .*ECONNREFUSED.*REDIS_URL/);
    const wrong = new URL(cluster.config.url);
    wrong.password = 'wrong';
    expect((await refusal({ url: wrong.href, cluster: true })).message).toMatch(/cannot be reached .*WRONGPASS/);
    expect((await refusal({ url: `${cluster.config.url}/1`, cluster: true })).message).toContain('database 0');
    const both = { ...cluster.config, sentinels: [{ host: '127.0.0.1', port: 1 }] };
    expect((await refusal(both)).message).toContain('REDIS_SENTINELS and REDIS_CLUSTER exclude each other');
  });

  it('is refused when one master of them evicts keys', async () => {
    const redis = createRedis(cluster.config, 'consumer', log);
    await redis.start();
    const last = mastersOf(redis.client).at(-1);
    await last?.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect((await refusal(cluster.config)).message).toContain('allkeys-lru');
    await last?.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.stop(soon());
  });

  it('begins at another node when the one of the URL is away', async () => {
    const { port, password } = new URL(cluster.config.url);
    const url = `redis://:${password}@127.0.0.1:1`;
    const redis = createRedis(
      { url, cluster: true, clusterNodes: [{ host: '127.0.0.1', port: Number(port) }] },
      'caller',
      log,
    );
    await redis.start();
    expect(mastersOf(redis.client)).toHaveLength(3);
    await redis.ping();
    await redis.stop(soon());
  });

  it('runs the scripts of every bucket at the node that owns it, also after a node forgot them', async () => {
    const redis = createRedis(cluster.config, 'caller', log);
    await redis.start();
    const keys = fleetKeys('scripts');
    expect(await readBuckets(redis.client, keys, BUCKETS)).toHaveLength(BUCKETS.length);
    await Promise.all(mastersOf(redis.client).map((master) => master.script('FLUSH')));
    expect(await readBuckets(redis.client, keys, BUCKETS)).toHaveLength(BUCKETS.length);
    await cluster.moveSlotOf(keys.version(7));
    expect(await readBuckets(redis.client, keys, BUCKETS)).toHaveLength(BUCKETS.length);
    await redis.stop(soon());
  });

  it('hears what is published at any node, and costs a process one connection more than there are nodes', async () => {
    await until('no other is connected', async () => (await cluster.countClients()) === 0);
    const [here, there] = [createRedis(cluster.config, 'caller', log), createRedis(cluster.config, 'caller', log)];
    await here.start();
    await there.start();
    const heard: string[] = [];
    const subscriber = createSubscriber(here.client, { news: (message) => heard.push(message) });
    await subscriber.start();
    await Promise.all(mastersOf(there.client).map((master, index) => master.publish('news', String(index))));
    await until('all three were heard', () => heard.length === 3);
    expect(heard.sort()).toEqual(['0', '1', '2']);
    // What asks which node owns what is connected for a moment only.
    await until('the connections are counted', async () => (await cluster.countClients()) === 3 + 1 + 3);
    await subscriber.stop(soon());
    await there.client.publish('news', 'late');
    expect(heard).toHaveLength(3);
    await here.stop(soon());
    await there.stop(soon());
    await until('no connection is left', async () => (await cluster.countClients()) === 0);
  });
});
