import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { RedisServer } from '../../support/redisServer.js';
import { startRedisServer } from '../../support/redisServer.js';

/** The Redis of a fleet under test, durable as production's is: an append-only file, fsynced each second. */
export interface RedisNode {
  readonly port: number;
  /** Sends a signal; SIGKILL as the death of the process. */
  signal(signal: NodeJS.Signals): void;
  /** Starts it again on its data, or on none. It must have been killed. */
  restart(data: 'kept' | 'empty'): Promise<void>;
  /** Asks it around every link. */
  ask<Answer>(question: (redis: Redis) => Promise<Answer>): Promise<Answer>;
  stop(): Promise<void>;
}

/**
 * Starts it on a folder of its own.
 * @param folder where its file is; the caller's to remove
 */
export async function startRedisNode(folder?: string): Promise<RedisNode> {
  const own = folder ?? (await mkdtemp(join(tmpdir(), 'sluice-redis-data-')));
  await chmod(own, 0o700);
  const lines = ['save ""', 'appendonly yes', 'appendfsync everysec', 'maxmemory-policy noeviction', `dir ${own}`];
  let server: RedisServer = await startRedisServer(lines);
  const { port } = server;
  return {
    port,
    signal: (name) => server.kill(name),
    async restart(data) {
      await server.stop();
      if (data === 'empty') await rm(join(own, 'appendonlydir'), { recursive: true, force: true });
      server = await startRedisServer([...lines, `port ${port}`]);
    },
    async ask(question) {
      const redis = new Redis({
        port,
        host: '127.0.0.1',
        retryStrategy: null,
        lazyConnect: true,
        commandTimeout: 2_000,
      });
      redis.on('error', () => undefined);
      try {
        return await question(redis);
      } finally {
        redis.disconnect();
      }
    },
    async stop() {
      await server.stop();
      if (folder === undefined) await rm(own, { recursive: true, force: true });
    },
  };
}
