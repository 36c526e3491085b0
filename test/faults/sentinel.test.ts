import { Redis } from 'ioredis';
import type { RedisServer } from '../support/redisServer.js';
import { startRedisServer } from '../support/redisServer.js';
import { until } from '../support/until.js';
import { FEW } from './arena.js';
import type { Strike } from './strikes/scene.js';
import type { GivenRedis } from './suite.js';
import { describeFaults } from './suite.js';

let master: RedisServer;
let replica: RedisServer;

const masterDies: Strike = {
  name: 'sentinel-failover',
  summary: 'SIGKILL of the master; Sentinel promotes the replica',
  losesRedis: true,
  async strike() {
    master.kill('SIGKILL');
    await until('the replica was chosen', () => tells(replica.port, /role:master/), 60_000);
  },
};

describeFaults('a fleet whose Redis is watched over by a Sentinel', [[masterDies]], async (): Promise<GivenRedis> => {
  const both = ['save ""', 'appendonly yes', 'repl-diskless-sync-delay 0', 'maxmemory-policy noeviction'];
  master = await startRedisServer(both);
  replica = await startRedisServer([...both, `replicaof 127.0.0.1 ${master.port}`]);
  await until('the replica follows', () => tells(replica.port, /master_link_status:up/), 60_000);
  const watch = [`sentinel monitor fleet 127.0.0.1 ${master.port} 1`, 'sentinel down-after-milliseconds fleet 1000'];
  const sentinel = await startRedisServer(watch, '--sentinel');
  await until('the Sentinel knows the replica', () => tells(sentinel.port, /slaves=1/), 60_000);
  const sentinels = [{ host: '127.0.0.1', port: sentinel.port }];
  return {
    options: { redis: { url: 'redis://not-used.invalid', sentinels, sentinelMaster: 'fleet' }, crew: FEW },
    async stop() {
      await Promise.all([sentinel, replica, master].map((server) => server.stop()));
    },
  };
});

async function tells(port: number, what: RegExp): Promise<boolean> {
  const redis = new Redis({ host: '127.0.0.1', port, retryStrategy: null, lazyConnect: true });
  redis.on('error', () => undefined);
  try {
    return what.test(await redis.info());
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
