import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisServer } from '../../support/redisServer.js';
import { startRedisServer } from '../../support/redisServer.js';
import { until } from '../../support/until.js';
import { openLink } from './link.js';

/** The Redis of a fleet under test, durable as production's is: an append-only file, fsynced each second. */
export interface RedisNode {
  /** Port it listens on; changes after a promotion. */
  port(): number;
  /** Sends a signal; SIGKILL simulates a crash. */
  signal(signal: NodeJS.Signals): void;
  /** Restarts it with its data, or empty. It must have been killed. */
  restart(data: 'kept' | 'empty'): Promise<void>;
  /**
   * Adds a replica, kills the master, and promotes the replica.
   * @param lagMs how long the replica has received nothing by then, in ms
   */
  promoteReplica(lagMs: number): Promise<void>;
  /** Queries it directly, bypassing every link. */
  ask<Answer>(question: (redis: Redis) => Promise<Answer>): Promise<Answer>;
  stop(): Promise<void>;
}

const LINES = [
  'save ""',
  'appendonly yes',
  'appendfsync everysec',
  'maxmemory-policy noeviction',
  'repl-diskless-sync-delay 0',
];

/**
 * Starts it in its own folder.
 * @param folder folder for its files; the caller removes it
 */
export async function startRedisNode(folder?: string): Promise<RedisNode> {
  const own = folder ?? (await mkdtemp(join(tmpdir(), 'sluice-redis-data-')));
  await chmod(own, 0o700);
  let generation = 0;
  let server = await startOn(join(own, '0'));
  return {
    ask: askOf(() => server.port),
    port: () => server.port,
    signal: (name) => server.kill(name),
    async restart(data) {
      const { port } = server;
      await server.stop();
      const place = join(own, String(generation));
      if (data === 'empty') await rm(place, { recursive: true, force: true });
      server = await startOn(place, [`port ${port}`]);
    },
    async promoteReplica(lagMs) {
      const master = server;
      const link = await openLink(master.port);
      const replica = await startOn(join(own, String(++generation)), [`replicaof 127.0.0.1 ${link.port}`]);
      const askReplica = askOf(() => replica.port);
      await until('the replica follows', () =>
        askReplica(async (redis) => (await redis.info('replication')).includes('master_link_status:up')),
      );
      link.set({ kind: 'frozen' }, 'back');
      await pause(lagMs);
      master.kill('SIGKILL');
      await link.close();
      await askReplica((redis) => redis.replicaof('NO', 'ONE'));
      server = replica;
      await master.stop();
    },
    async stop() {
      await server.stop();
      if (folder === undefined) await rm(own, { recursive: true, force: true });
    },
  };
}

async function startOn(folder: string, more: readonly string[] = []): Promise<RedisServer> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return startRedisServer([...LINES, `dir ${folder}`, ...more]);
}

function askOf(port: () => number): RedisNode['ask'] {
  return async (question) => {
    const options = { host: '127.0.0.1', retryStrategy: null, lazyConnect: true, commandTimeout: 5_000 };
    const redis = new Redis({ port: port(), ...options });
    redis.on('error', () => undefined);
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  };
}
