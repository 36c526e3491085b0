import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { RedisContainer } from '@testcontainers/redis';
import { getContainerRuntimeClient } from 'testcontainers';

/** Redis and PostgreSQL for a test run. */
export interface TestServers {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

/** The same versions as in docker-compose.yml. */
const REDIS_IMAGE = 'redis:7.4-alpine3.21';
const POSTGRES_IMAGE = 'postgres:17.11-alpine3.24';

/**
 * Servers that the environment names are used as they are: `npm test` names those that it started. Where it left them
 * out, a Docker engine answers and containers are started.
 */
export async function startServers(): Promise<TestServers> {
  const { REDIS_URL, DATABASE_URL } = process.env;
  if (REDIS_URL !== undefined && DATABASE_URL !== undefined) {
    return { redisUrl: REDIS_URL, databaseUrl: DATABASE_URL, stop: async () => undefined };
  }
  await assertEngineAnswers();
  const [redis, postgres] = await Promise.all([
    new RedisContainer(REDIS_IMAGE)
      .withCommand(['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'])
      .start(),
    new PostgreSqlContainer(POSTGRES_IMAGE).withCommand(['postgres', '-c', 'max_connections=300']).start(),
  ]);
  return {
    redisUrl: redis.getConnectionUrl(),
    databaseUrl: postgres.getConnectionUri(),
    async stop() {
      await Promise.all([redis.stop(), postgres.stop()]);
    },
  };
}

async function assertEngineAnswers(): Promise<void> {
  try {
    await getContainerRuntimeClient();
  } catch (cause) {
    const message = 'There is neither REDIS_URL and DATABASE_URL nor a Docker engine. Type: npm test';
    throw new Error(message, { cause });
  }
}
