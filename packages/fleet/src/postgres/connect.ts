import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import * as schema from './schema/index.js';

/** The typed tables of the ledger, and the pool for statements that the query builder cannot express. */
export type Database = NodePgDatabase<typeof schema> & { readonly $client: pg.Pool };

/** Runs statements: the pool, or the single connection of a transaction (see `inTenant`). */
export type Session = NodePgDatabase<typeof schema> & {
  readonly $client: {
    query<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
  };
};

/** One connection of the pool, for a transaction. */
export type Connection = pg.PoolClient;

/** A statement with its values. */
export type Statement = pg.QueryConfig;

/** How to reach PostgreSQL. */
export interface PostgresConfig {
  readonly url: string;
  readonly schema: string;
  readonly poolSize: number;
  /** Statement time limit, enforced by the server, in ms; 30 s by default. */
  readonly statementTimeoutMs?: number;
  /** Limit on the idle time within a transaction, enforced by the server, in ms; the server's setting by default. */
  readonly idleInTransactionMs?: number;
}

/** A PostgreSQL connection pool with the lifecycle of a service. */
export interface PostgresService extends Service {
  readonly db: Database;
  /** Resolves when the server responds. */
  ping(): Promise<void>;
}

/**
 * A pool in the fleet's schema. The server cancels statements that take too long.
 * @throws ConfigurationError from `start` when the server is unreachable or older than 14, or when its role bypasses
 *   row-level security
 */
export function createPostgres(config: PostgresConfig, log: Log): PostgresService {
  const statementTimeoutMs = config.statementTimeoutMs ?? 30_000;
  const pool = new pg.Pool({
    connectionString: config.url,
    max: config.poolSize,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // Pipelines the statements of a transaction; each settles separately: see `inTenant`.
    pipeline: true,
    // Longer than the server's own limit: it only ends queries on a connection that died silently.
    query_timeout: statementTimeoutMs + 5_000,
    options: sessionOptions(config.schema, statementTimeoutMs, config.idleInTransactionMs),
    application_name: 'sluice',
  });
  pool.on('error', (err) =>
    log.warn(
      { component: 'postgres', event: 'connection_lost', err },
      'lost an idle PostgreSQL connection: it is replaced when needed',
    ),
  );
  let ended: Promise<void> | null = null;
  return {
    name: 'postgres',
    db: drizzle(pool, { schema }) as Database,
    async start() {
      try {
        await assertUsable(pool);
      } catch (error) {
        throw error instanceof ConfigurationError ? error : toUnreachable(error);
      }
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

/** The error for an operator when PostgreSQL is unreachable at start. */
export function toUnreachable(cause: unknown): ConfigurationError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ConfigurationError(`PostgreSQL cannot be reached (${why}). Check DATABASE_URL.`, { cause });
}

/**
 * Settings of every session. Each of our statements finds its rows by an index. The planner's statistics lag behind a
 * burst, and a plan made while a table was empty would scan it for every batch: so scans, and the joins that need them,
 * are priced out, and each statement is planned once.
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

const ASK_SERVER = `
SELECT current_setting('server_version_num')::int AS version, rolname AS role, current_database() AS database,
       rolsuper OR rolbypassrls AS unbound
FROM pg_roles WHERE rolname = current_user`;

/**
 * Checks the server and the role that the fleet connects as.
 * @throws ConfigurationError when the server is older than 14, or its role bypasses row-level security
 */
export async function assertUsable(client: Pick<pg.ClientBase, 'query'>): Promise<void> {
  const { rows } = await client.query<{ version: number; role: string; database: string; unbound: boolean }>(
    ASK_SERVER,
  );
  const [server] = rows;
  if (server === undefined || server.version < 140_000) {
    throw new ConfigurationError('PostgreSQL 14 or newer is needed.');
  }
  const { role, database, unbound } = server;
  if (!unbound) return;
  throw new ConfigurationError(
    `The PostgreSQL role "${role}" is a superuser or has BYPASSRLS: row-level security, which keeps tenants apart, does not ` +
      "hold it. Make an ordinary role and name it in DATABASE_URL: CREATE ROLE sluice_app LOGIN PASSWORD '...'; " +
      `ALTER DATABASE "${database}" OWNER TO sluice_app; (what is there already: see deploy/postgres/app_role.sql)`,
  );
}
