import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { systemClock } from '@sluice/shared/lifecycle/clock';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { within } from '@sluice/shared/lifecycle/within';
import { createQuietReporter } from '@sluice/shared/telemetry/logger';
import type { Redis } from 'ioredis';
import { Cluster } from 'ioredis';
import { assertUsable, findTrouble } from './assertUsable.js';
import { batchWrites } from './batchWrites.js';
import type { RedisClient } from './client.js';
import type { RedisConfig, RedisUse } from './openClient.js';
import { openClient } from './openClient.js';

/** A connection to Redis, managed as a service of the process. */
export interface RedisService extends Service {
  readonly client: RedisClient;
  /** Resolves when the server replies; on a Cluster, when any node does. */
  ping(): Promise<void>;
}

/** Maximum wait at start for a Cluster to be ready, in ms: a failover takes about its node timeout. */
const CLUSTER_READY_WITHIN_MS = 20_000;

/**
 * Creates a connection to Redis, or to each node of a Redis Cluster, opened by `start`. Reconnects forever, with a
 * delay of at most 2 s.
 * @throws ConfigurationError from `start` when Redis cannot be reached, is older than 6.2, evicts keys, or is a Cluster
 *   without being configured as one, or the other way round
 */
export function createRedis(config: RedisConfig, use: RedisUse, log: Log): RedisService {
  const client = openClient(config, use);
  // Every lane's Queue and Worker listens on this one connection.
  client.setMaxListeners(0);
  const quietly = createQuietReporter(10_000, systemClock.now);
  batchAllWrites(client);
  let lastError: Error | null = null;
  const report = (err: Error): void => {
    lastError = err;
    quietly('redis', (suppressed) =>
      log.warn(
        { component: 'redis', event: 'connection_failed', err, suppressed },
        'failed to connect to Redis: retrying',
      ),
    );
  };
  client.on('error', report);
  client.on(client instanceof Cluster ? 'node error' : 'sentinelError', report);
  return {
    name: 'redis',
    client,
    async start() {
      assertConsistent(config);
      await connectFirst(client, config, () => lastError);
      await assertUsable(client);
    },
    async stop() {
      client.disconnect();
    },
    async ping() {
      await client.ping();
    },
  };
}

/** Batches writes on the connection to each server, after every reconnect. */
function batchAllWrites(client: RedisClient): void {
  const batch = (server: Redis): void => {
    server.on('connect', () => batchWrites(server.stream));
  };
  if (client instanceof Cluster) client.on('+node', batch);
  else batch(client);
}

function assertConsistent({ url, cluster = false, sentinels = [] }: RedisConfig): void {
  if (!cluster) return;
  if (sentinels.length > 0) {
    throw new ConfigurationError('REDIS_SENTINELS and REDIS_CLUSTER exclude each other: a Cluster needs no Sentinels.');
  }
  if (!['', '/', '/0'].includes(new URL(url).pathname)) {
    throw new ConfigurationError('A Redis Cluster has database 0 only. Take the number out of REDIS_URL.');
  }
}

async function connectFirst(client: RedisClient, config: RedisConfig, lastError: () => Error | null): Promise<void> {
  try {
    if (client instanceof Cluster) await connectCluster(client);
    else await client.connect().then(() => client.ping());
  } catch (failure) {
    client.disconnect();
    if (failure instanceof ConfigurationError) throw failure;
    const trouble = client instanceof Cluster ? await findTrouble(config.url) : lastError();
    // The connection's own error is more specific than "closed".
    const cause = trouble ?? failure;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`Redis cannot be reached (${why}). Check REDIS_URL.`, { cause });
  }
}

/** While a Cluster is not ready, the client retries on its own and the promise of the first attempt never settles. */
async function connectCluster(client: Cluster): Promise<void> {
  const ready = new Promise<void>((resolve) => client.once('ready', resolve));
  await within(CLUSTER_READY_WITHIN_MS, Promise.race([client.connect(), ready]), () => {
    return new ConfigurationError(`The Redis Cluster is not ready after ${CLUSTER_READY_WITHIN_MS / 1_000} s.`);
  });
}
