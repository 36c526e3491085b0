import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { ConfigurationError } from '../errors/configurationError.js';
import type { Log, Service } from '../lifecycle/service.js';
import * as schema from './schema/index.js';

/** The ledger as code sees it: typed tables, and the pool for statements that no builder can say. */
export type Database = NodePgDatabase<typeof schema> & { readonly $client: pg.Pool };

/** Where PostgreSQL is. */
export interface PostgresConfig {
  readonly url: string;
  readonly schema: string;
  readonly poolSize: number;
  /** A statement that takes longer is ended by the server, in ms; 30 s by default. */
  readonly statementTimeoutMs?: number;
  /** A transaction that asks nothing for longer is ended by the server, in ms; by default as the server has it. */
  readonly idleInTransactionMs?: number;
}

/** A connection to PostgreSQL that is a part of the process. */
export interface PostgresService extends Service {
  readonly db: Database;
  /** Resolves when the server answers. */
  ping(): Promise<void>;
}

/**
 * A pool in the fleet's schema. A statement that takes too long is ended by the server.
 * @throws ConfigurationError from `start` when the server cannot be reached or is older than 14
 */
export function createPostgres(config: PostgresConfig, log: Log): PostgresService {
  const statementTimeoutMs = config.statementTimeoutMs ?? 30_000;
  const pool = new pg.Pool({
    connectionString: config.url,
    max: config.poolSize,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // Longer than the server's own limit: it ends what waits on a connection that silently died.
    query_timeout: statementTimeoutMs + 5_000,
    options: sessionOptions(config.schema, statementTimeoutMs, config.idleInTransactionMs),
    application_name: 'sluice',
  });
  pool.on('error', (err) => log.warn({ err }, 'an idle PostgreSQL connection was lost; it is replaced when needed'));
  let ended: Promise<void> | null = null;
  return {
    name: 'postgres',
    db: drizzle(pool, { schema }) as Database,
    async start() {
      await assertUsable(pool);
    },
    async stop() {
      ended ??= pool.end();
      await ended;
    },
    async ping() {
      await pool.query('SELECT 1');
    },
  };
}

/** What a person is told when PostgreSQL cannot be reached at start. */
export function toUnreachable(cause: unknown): ConfigurationError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ConfigurationError(`PostgreSQL cannot be reached (${why}). Check DATABASE_URL.`, { cause });
}

/**
 * Settings of every session. Each statement of ours finds its rows by an index. The planner's statistics lag behind a
 * burst, and a plan made while a table was empty would scan it for every batch: so scans and the joins that need them
 * are priced out, and a statement is planned once.
 */
function sessionOptions(schema: string, statementTimeoutMs: number, idleInTransactionMs?: number): string {
  const settings = {
    search_path: schema,
    statement_timeout: String(statementTimeoutMs),
    timezone: 'UTC',
    enable_seqscan: 'off',
    enable_hashjoin: 'off',
    enable_mergejoin: 'off',
    plan_cache_mode: 'force_generic_plan',
    jit: 'off',
    ...(idleInTransactionMs === undefined ? {} : { idle_in_transaction_session_timeout: String(idleInTransactionMs) }),
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

async function assertUsable(pool: pg.Pool): Promise<void> {
  let version: number;
  try {
    const { rows } = await pool.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
    version = Number(rows[0]?.version);
  } catch (cause) {
    throw toUnreachable(cause);
  }
  if (version < 140_000) throw new ConfigurationError('PostgreSQL 14 or newer is needed.');
}
