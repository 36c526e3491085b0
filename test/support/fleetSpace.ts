import { randomBytes } from 'node:crypto';
import type { PostgresService } from '@sluice/fleet/postgres/connect';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { migrateLedger } from '@sluice/fleet/postgres/migrate';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { createRedis } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import type { RedisConfig } from '@sluice/fleet/redis/openClient';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { inject } from 'vitest';
import { deleteKeys } from './deleteKeys.js';

/** One test file's own key prefix and schema on the shared servers. */
export interface FleetSpace {
  readonly prefix: string;
  readonly keys: FleetKeys;
  readonly redis: RedisService;
  readonly postgres: PostgresService;
  /** Environment variables for the processes of this fleet. */
  readonly environment: Readonly<Record<string, string>>;
  /** Deletes every key and row, and closes the connections. */
  close(): Promise<void>;
}

/**
 * Opens a space for one test file; call it in `beforeAll`, and `close` in `afterAll`.
 * @param server the file's own Redis, instead of the shared one
 */
export async function openFleetSpace(server: RedisConfig = { url: inject('redisUrl') }): Promise<FleetSpace> {
  const name = `t${randomBytes(5).toString('hex')}`;
  const log = createLogger('test', { level: 'silent' });
  const url = inject('databaseUrl');
  await migrateLedger({ url, schema: name });
  const postgres = createPostgres({ url, schema: name, poolSize: 5 }, log);
  const redis = createRedis(server, 'consumer', log);
  await postgres.start();
  await redis.start();
  return {
    prefix: name,
    keys: fleetKeys(name),
    redis,
    postgres,
    environment: {
      REDIS_URL: server.url,
      REDIS_CLUSTER: String(server.cluster ?? false),
      DATABASE_URL: url,
      DATABASE_SCHEMA: name,
      SLUICE_PREFIX: name,
    },
    async close() {
      await deleteKeys(redis.client, name);
      await postgres.db.$client.query(`DROP SCHEMA "${name}" CASCADE`);
      const deadline = AbortSignal.timeout(5_000);
      await redis.stop(deadline);
      await postgres.stop(deadline);
    },
  };
}
