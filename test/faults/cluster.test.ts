import { fleetKeys } from '@sluice/fleet/redis/keys';
import type { RedisCluster } from '../support/redisCluster.js';
import { startRedisCluster } from '../support/redisCluster.js';
import { FEW } from './arena.js';
import { PREFIX } from './stand/environment.js';
import type { Strike } from './strikes/scene.js';
import { describeFaults } from './suite.js';

let cluster: RedisCluster;
const keys = fleetKeys(PREFIX);

const tenantsMaster: Strike = {
  name: 'cluster-kill',
  summary: "SIGKILL of the Cluster's master that holds a tenant's lanes",
  losesRedis: true,
  strike: ({ load }) => cluster.killOwnerOf(keys.queuePrefix(load.callers[0]?.tenantId ?? '')),
};

describeFaults('a fleet on a Redis Cluster whose masters die', [[tenantsMaster]], async () => {
  cluster = await startRedisCluster(1);
  return { options: { redis: cluster.config, crew: FEW }, stop: () => cluster.stop() };
});
