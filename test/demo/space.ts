import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@sluice/fleet/postgres/connect';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { migrateLedger } from '@sluice/fleet/postgres/migrate';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { createRedis } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { createServiceGroup } from '@sluice/shared/lifecycle/serviceGroup';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { deleteKeys } from '../support/deleteKeys.js';

/** Keys, tables and files of one demo's own, so that it can run beside anything else on the same servers. */
export interface DemoSpace {
  readonly db: Database;
  readonly redis: RedisService['client'];
  readonly keys: FleetKeys;
  readonly operatorKey: string;
  readonly operatorKeyFile: string;
  /** What every process of the fleet needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Deletes all of it. */
  close(): Promise<void>;
}

/** Opens a space on the servers that the environment names. */
export async function openSpace(servers: { redisUrl: string; databaseUrl: string }): Promise<DemoSpace> {
  const name = `demo${randomBytes(4).toString('hex')}`;
  const log = createLogger('demo', { level: 'silent' });
  const postgres = createPostgres({ url: servers.databaseUrl, schema: name, poolSize: 3 }, log);
  const redis = createRedis({ url: servers.redisUrl }, 'consumer', log);
  const connections = createServiceGroup('demo', [redis, postgres], log);
  await connections.start();
  const close = (): Promise<void> => connections.stop(AbortSignal.timeout(5_000));
  try {
    await migrateLedger({ url: servers.databaseUrl, schema: name });
  } catch (error) {
    await close();
    throw error;
  }
  const folder = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  const operatorKey = randomBytes(32).toString('base64url');
  const operatorKeyFile = join(folder, 'operator-key');
  await writeFile(operatorKeyFile, `${operatorKey}\n`, { mode: 0o600 });
  return {
    db: postgres.db,
    redis: redis.client,
    keys: fleetKeys(name),
    operatorKey,
    operatorKeyFile,
    environment: {
      REDIS_URL: servers.redisUrl,
      DATABASE_URL: servers.databaseUrl,
      SLUICE_PREFIX: name,
      DATABASE_SCHEMA: name,
      SLUICE_OPERATOR_KEY_FILE: operatorKeyFile,
      SLUICE_ALLOW_PRIVATE_ADDRESSES: 'true',
      SCALER_INTERVAL_MS: '1000',
      SCALER_STABILISATION_MS: '5000',
      EXPORTS_DIR: join(folder, 'exports'),
      LOG_LEVEL: 'info',
    },
    async close() {
      await deleteKeys(redis.client, name);
      await postgres.db.$client.query(`DROP SCHEMA "${name}" CASCADE`);
      await rm(folder, { recursive: true, force: true });
      await close();
    },
  };
}
