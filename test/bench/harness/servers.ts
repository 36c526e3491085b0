import { randomBytes } from 'node:crypto';
import type { PostgresService } from '@sluice/fleet/postgres/connect';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { migrateLedger } from '@sluice/fleet/postgres/migrate';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { createRedis } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { deleteKeys } from '../../support/deleteKeys.js';

/** Redis and PostgreSQL as both sides use them, with a key prefix and a schema of this bench's own. */
export interface BenchServers {
  readonly redis: RedisService;
  readonly postgres: PostgresService;
  readonly keys: FleetKeys;
  /** What a process of the fleet needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes everything away that runs have left behind, so that each begins on empty servers. */
  clear(): Promise<void>;
  /** Clears, drops the schema and disconnects. */
  close(): Promise<void>;
}

/** Opens the servers for one bench. */
export async function openBenchServers(redisUrl: string, databaseUrl: string): Promise<BenchServers> {
  const name = `bench${randomBytes(4).toString('hex')}`;
  const log = createLogger('bench', { level: 'silent' });
  await migrateLedger({ url: databaseUrl, schema: name });
  const postgres = createPostgres({ url: databaseUrl, schema: name, poolSize: 4 }, log);
  const redis = createRedis({ url: redisUrl }, 'consumer', log);
  await postgres.start();
  await redis.start();

  async function clear(): Promise<void> {
    await deleteKeys(redis.client, name);
    await postgres.db.$client.query('TRUNCATE jobs, attempts, dead_letters, scaling_decisions');
  }

  return {
    redis,
    postgres,
    keys: fleetKeys(name),
    environment: { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl, DATABASE_SCHEMA: name, SLUICE_PREFIX: name },
    clear,
    async close() {
      await clear();
      await postgres.db.$client.query(`DROP SCHEMA "${name}" CASCADE`);
      const deadline = AbortSignal.timeout(5_000);
      await redis.stop(deadline);
      await postgres.stop(deadline);
    },
  };
}
