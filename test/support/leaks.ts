import { Redis } from 'ioredis';
import pg from 'pg';
import type { TestServers } from './servers.js';

/** What tests leave behind when they do not clean up. */
export interface Traces {
  readonly schemas: readonly string[];
  readonly keyPrefixes: readonly string[];
  readonly connections: number;
}

/** Finds schemas, key prefixes and connections of tests. */
export async function findTraces({ redisUrl, databaseUrl }: TestServers): Promise<Traces> {
  const postgres = new pg.Client({ connectionString: databaseUrl });
  const redis = new Redis(redisUrl, { lazyConnect: true });
  await Promise.all([postgres.connect(), redis.connect()]);
  try {
    const schemas = await postgres.query<{ name: string }>(
      "SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^t[0-9a-f]{10}$' ORDER BY 1",
    );
    const connections = await postgres.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'sluice'",
    );
    const prefixes = new Set<string>();
    for await (const keys of redis.scanStream({ match: '{t*', count: 1_000 })) {
      for (const key of keys as string[]) prefixes.add(key.slice(1, key.indexOf(':')));
    }
    return {
      schemas: schemas.rows.map(({ name }) => name),
      keyPrefixes: [...prefixes].filter((prefix) => /^t[0-9a-f]{10}$/.test(prefix)).sort(),
      connections: connections.rows[0]?.count ?? 0,
    };
  } finally {
    redis.disconnect();
    await postgres.end();
  }
}

/** What exists now and did not before, one line each. */
export function describeLeaks(before: Traces, after: Traces): string[] {
  return [
    ...after.schemas.filter((name) => !before.schemas.includes(name)).map((name) => `the schema ${name}`),
    ...after.keyPrefixes.filter((name) => !before.keyPrefixes.includes(name)).map((name) => `Redis keys of ${name}`),
    ...(after.connections > before.connections ? [`${after.connections - before.connections} connections`] : []),
  ];
}
