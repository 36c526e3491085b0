import { readFile } from 'node:fs/promises';
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

/** This file runs as test/support/servers.ts and as test/dist/support/servers.js. */
const REPOSITORY = import.meta.url.replace(/test\/(?:dist\/)?support\/[^/]*$/, '');

/** Password on a server that lasts only for the run. */
const APP_PASSWORD = 'test';

/**
 * Uses the servers that the environment names: `npm test` names those that it started. When it names none, a Docker
 * engine is available, and containers are started.
 */
export async function startServers(): Promise<TestServers> {
  const { REDIS_URL, DATABASE_URL } = process.env;
  if (REDIS_URL !== undefined && DATABASE_URL !== undefined) {
    return { redisUrl: REDIS_URL, databaseUrl: DATABASE_URL, stop: async () => undefined };
  }
  await assertEngineAnswers();
  const [makeRole, roleScript] = await Promise.all(
    ['app_role.sh', 'app_role.sql'].map((name) => readFile(new URL(`deploy/postgres/${name}`, REPOSITORY), 'utf8')),
  );
  const [redis, postgres] = await Promise.all([
    new RedisContainer(REDIS_IMAGE)
      .withCommand(['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'])
      .start(),
    new PostgreSqlContainer(POSTGRES_IMAGE)
      .withCommand(['postgres', '-c', 'max_connections=300'])
      .withEnvironment({ SLUICE_APP_PASSWORD: APP_PASSWORD })
      .withCopyContentToContainer([
        { content: makeRole ?? '', target: '/docker-entrypoint-initdb.d/app_role.sh' },
        { content: roleScript ?? '', target: '/etc/sluice/app_role.sql' },
      ])
      .start(),
  ]);
  return {
    redisUrl: redis.getConnectionUrl(),
    databaseUrl: asAppRole(postgres.getConnectionUri()),
    async stop() {
      await Promise.all([redis.stop(), postgres.stop()]);
    },
  };
}

/** Row-level security applies only to an ordinary role; the container's own is a superuser. */
function asAppRole(superuserUrl: string): string {
  const url = new URL(superuserUrl);
  url.username = 'sluice_app';
  url.password = APP_PASSWORD;
  return url.href;
}

async function assertEngineAnswers(): Promise<void> {
  try {
    await getContainerRuntimeClient();
  } catch (cause) {
    const message = 'There is neither REDIS_URL and DATABASE_URL nor a Docker engine. Type: npm test';
    throw new Error(message, { cause });
  }
}
