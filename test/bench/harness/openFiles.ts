import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RedisClient } from '@sluice/fleet/redis/client';

const run = promisify(execFile);

/** Connections and files that are open beside the tenants' connections, at most. */
const RESERVE = 500;

/**
 * Makes room for one connection per tenant, which bare BullMQ needs, and resolves with what takes the room away again.
 * @throws Error that says which limit to raise, and how
 */
export async function makeRoomFor(connections: number, client: RedisClient): Promise<() => Promise<void>> {
  const needed = connections + RESERVE;
  const limit = await readOpenFiles();
  if (limit < needed) {
    throw new Error(
      `Bare BullMQ needs a connection per tenant, and this shell lets a process open ${limit} files. ` +
        `Type: ulimit -n ${needed} (as root where it is refused), or measure fewer: --tenants ${Math.max(1, limit - RESERVE)}`,
    );
  }
  const [, before = '0'] = (await client.config('GET', 'maxclients')) as string[];
  if (Number(before) >= needed) return async () => undefined;
  try {
    await client.config('SET', 'maxclients', String(needed));
  } catch (cause) {
    throw new Error(
      `Redis takes ${before} clients and could not be told to take ${needed}: start it where \`ulimit -n\` is at least ` +
        `${needed + 100}, with maxclients ${needed}.`,
      { cause },
    );
  }
  return async () => {
    await client.config('SET', 'maxclients', before);
  };
}

/** Node raises its own limit to the hard one when it starts, so that is the one which holds for a child. */
async function readOpenFiles(): Promise<number> {
  const { stdout } = await run('sh', ['-c', 'ulimit -Hn']);
  const limit = stdout.trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}
