import { Redis } from 'ioredis';
import { ConfigurationError } from '../errors/configurationError.js';
import { systemClock } from '../lifecycle/clock.js';
import type { Log, Service } from '../lifecycle/service.js';
import { createQuietReporter } from '../telemetry/logger.js';
import { batchWrites } from './batchWrites.js';
import type { RedisClient } from './client.js';

/**
 * How a process uses Redis: a `caller` answers people and gives up on a slow Redis (an add that timed out may still
 * have happened: try again with the same id); a `consumer` waits for as long as it takes.
 */
export type RedisUse = 'caller' | 'consumer';

/** A connection to Redis that is a part of the process. */
export interface RedisService extends Service {
  readonly client: RedisClient;
  /** Resolves when the server answers. */
  ping(): Promise<void>;
}

/** Longest that a caller waits for one command, in ms. */
const CALLER_TIMEOUT_MS = 1_000;

/**
 * A connection that owes answers and says nothing for this long has died unheard (a cut cable, a lost firewall state), in
 * ms. The system would notice after a quarter of an hour; until then every command would wait in vain.
 */
const SILENCE_MS = 10_000;

/**
 * One connection to Redis, made by `start`. Reconnects for ever, at most every 2 s.
 * @throws ConfigurationError from `start` when Redis cannot be reached, is older than 6.2, or evicts keys
 */
export function createRedis(config: { readonly url: string }, use: RedisUse, log: Log): RedisService {
  const client = new Redis(config.url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    enableOfflineQueue: use === 'consumer',
    socketTimeout: SILENCE_MS,
    retryStrategy: (times) => Math.min(2_000, 50 * 2 ** Math.min(times, 6)),
    ...(use === 'caller' ? { commandTimeout: CALLER_TIMEOUT_MS } : {}),
  });
  // Every lane's Queue and Worker listens on this one connection.
  client.setMaxListeners(0);
  const quietly = createQuietReporter(10_000, systemClock.now);
  client.on('connect', () => batchWrites(client.stream));
  let lastError: Error | null = null;
  client.on('error', (err: Error) => {
    lastError = err;
    quietly('redis', (swallowed) => log.warn({ err, swallowed }, 'Redis connection failed; trying again'));
  });
  return {
    name: 'redis',
    client,
    async start() {
      await connectFirst(client, () => lastError);
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

async function connectFirst(client: Redis, lastError: () => Error | null): Promise<void> {
  try {
    await client.connect();
    await client.ping();
  } catch (failure) {
    client.disconnect();
    // What the connection met says more than that it was closed.
    const cause = lastError() ?? failure;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`Redis cannot be reached (${why}). Check REDIS_URL.`, { cause });
  }
}

async function assertUsable(client: Redis): Promise<void> {
  const info = await client.info();
  const version = /^redis_version:(\d+)\.(\d+)/m.exec(info);
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  if (major < 6 || (major === 6 && minor < 2)) throw new ConfigurationError('Redis 6.2 or newer is needed.');
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    throw new ConfigurationError(
      `Redis evicts keys (maxmemory-policy ${policy}), which loses jobs. Type: redis-cli config set maxmemory-policy noeviction`,
    );
  }
}
