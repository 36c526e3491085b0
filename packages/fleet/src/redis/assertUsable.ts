import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';
import { Cluster, Redis } from 'ioredis';
import type { RedisClient } from './client.js';
import { mastersOf } from './client.js';
import { refusalOf } from './refusal.js';

/** Timeout of reading a node's INFO, in ms. */
const ASK_WITHIN_MS = 2_000;

/**
 * Checks every server that holds data. Skips a Cluster master that does not answer: it may be failing over, and the
 * process must be able to start meanwhile.
 * @throws ConfigurationError when a server is older than 6.2, evicts keys, is not of the configured kind, or forbids
 *   INFO
 */
export async function assertUsable(client: RedisClient): Promise<void> {
  if (!(client instanceof Cluster)) return assertServer(await allowedInfoOf(client), { inCluster: false });
  const answers = await Promise.allSettled(mastersOf(client).map((master) => infoOf(master)));
  for (const answer of answers) if (answer.status === 'fulfilled') assertServer(answer.value, { inCluster: true });
}

/**
 * Probes the server at the URL to find out why the Cluster connection failed; ioredis's Cluster client does not report
 * why.
 * @returns the error of a plain connection; null when it succeeds
 * @throws ConfigurationError when the server answers and is not part of a Cluster
 */
export async function findTrouble(url: string): Promise<Error | null> {
  let met: Error | null = null;
  const server = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: ASK_WITHIN_MS });
  server.on('error', (error: Error) => {
    met ??= error;
  });
  try {
    assertServer(await infoOf(server), { inCluster: true });
    return null;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    return met ?? (error instanceof Error ? error : null);
  } finally {
    server.disconnect();
  }
}

async function allowedInfoOf(server: Redis): Promise<string> {
  try {
    return await server.info();
  } catch (cause) {
    if (refusalOf(cause) !== 'forbidden') throw cause;
    throw new ConfigurationError(
      'The Redis user may not ask INFO, which tells whether Redis would evict jobs. Let it: ACL SETUSER <user> +info ' +
        '(deploy/redis/users.acl lists what each process needs).',
      { cause },
    );
  }
}

function infoOf(server: Redis): Promise<string> {
  return within(ASK_WITHIN_MS, server.info(), () => new FleetError('unavailable', 'no answer in time'));
}

function assertServer(info: string, { inCluster }: { readonly inCluster: boolean }): void {
  const version = /^redis_version:(\d+)\.(\d+)/m.exec(info);
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  if (major < 6 || (major === 6 && minor < 2)) throw new ConfigurationError('Redis 6.2 or newer is needed.');
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    throw new ConfigurationError(
      `Redis evicts keys (maxmemory-policy ${policy}), which loses jobs. Type: redis-cli config set maxmemory-policy noeviction`,
    );
  }
  const isInCluster = /^cluster_enabled:1/m.test(info);
  if (isInCluster && !inCluster) {
    throw new ConfigurationError('The server at REDIS_URL is a node of a Redis Cluster. Set REDIS_CLUSTER=true.');
  }
  if (!isInCluster && inCluster) {
    throw new ConfigurationError('REDIS_CLUSTER is true, but the server at REDIS_URL is no node of a Redis Cluster.');
  }
}
