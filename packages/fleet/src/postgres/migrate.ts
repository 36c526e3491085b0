import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import type { PostgresConfig } from './connect.js';
import { assertUsable, toUnreachable } from './connect.js';

/** Advisory lock that serializes migrations; the number is "SLUICE" read as base 36. */
const MIGRATION_LOCK = 1_729_748_318;

/**
 * Brings the ledger's schema up to date. Many processes may call it concurrently: one migrates, the others wait for it.
 * Idempotent; a failed migration is rolled back completely.
 * @throws ConfigurationError when PostgreSQL is unreachable or too old, or its role bypasses row-level security
 */
export async function migrateLedger(config: Pick<PostgresConfig, 'url' | 'schema'>): Promise<void> {
  const client = new pg.Client({
    connectionString: config.url,
    connectionTimeoutMillis: 5_000,
    options: `-c search_path=${config.schema}`,
  });
  try {
    await client.connect();
  } catch (cause) {
    throw toUnreachable(cause);
  }
  try {
    await assertUsable(client);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS "${config.schema}"`);
    await migrate(drizzle(client), {
      migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)),
      migrationsSchema: config.schema,
      migrationsTable: 'schema_migrations',
    });
  } finally {
    await client.end();
  }
}
