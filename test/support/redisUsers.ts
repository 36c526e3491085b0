import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FleetProcessName } from './fleetProcess.js';
import type { RedisServer } from './redisServer.js';
import { startRedisServer } from './redisServer.js';

/** A redis-server with the users of deploy/redis/users.acl. */
export interface RestrictedRedis {
  readonly server: RedisServer;
  /** URL of an unrestricted user, for the test itself. */
  readonly adminUrl: string;
  urlOf(name: FleetProcessName): string;
  stop(): Promise<void>;
}

/** This file runs as test/support/redisUsers.ts and as test/dist/support/redisUsers.js. */
const REPOSITORY = import.meta.url.replace(/test\/(?:dist\/)?support\/[^/]*$/, '');

const NAMES: readonly FleetProcessName[] = ['producer', 'worker', 'scaler', 'dashboard'];

const run = promisify(execFile);

/** Starts the server. Test prefixes begin with "t", so their fleets match the users' key patterns. */
export async function startRestrictedRedis(): Promise<RestrictedRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-acl-'));
  const passwords = Object.fromEntries(NAMES.map((name) => [`REDIS_${name.toUpperCase()}_PASSWORD`, `${name}1`]));
  const script = fileURLToPath(new URL('deploy/redis/users.sh', REPOSITORY));
  const { stdout } = await run('sh', [script], { env: { ...process.env, ...passwords, SLUICE_PREFIX: 't*' } });
  const file = join(folder, 'users.acl');
  await writeFile(file, `${stdout}user admin on >admin1 ~* &* +@all\n`);
  await chmod(file, 0o600);
  const server = await startRedisServer(['maxmemory-policy noeviction', `aclfile ${file}`]);
  const urlAs = (user: string): string => `redis://${user}:${user}1@127.0.0.1:${server.port}`;
  return {
    server,
    adminUrl: urlAs('admin'),
    urlOf: urlAs,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
