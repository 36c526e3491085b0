import { readdir, readFile } from 'node:fs/promises';
import { readCpuMs } from './cpuTime.js';
import { readRedisLoad } from './redisLoad.js';
import type { BenchServers } from './servers.js';

/** CPU time that the servers have used so far, in ms; null where the system does not tell, such as of a server elsewhere. */
export interface ServerCpu {
  readonly redisMs: number;
  /** All processes of the server together. */
  readonly postgresMs: number | null;
}

/** Reads the CPU time of both servers. */
export async function readServerCpu({ redis, postgres }: BenchServers): Promise<ServerCpu> {
  const [{ cpuUs }, { rows }] = await Promise.all([
    readRedisLoad(redis.client),
    postgres.db.$client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'),
  ]);
  return { redisMs: cpuUs / 1_000, postgresMs: await readFamilyCpuMs(rows[0]?.pid) };
}

/** CPU time of a process's parent and all of the parent's children. Those that have ended are forgotten. */
async function readFamilyCpuMs(pid: number | undefined): Promise<number | null> {
  const parent = await parentOf(pid);
  if (parent === null) return null;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(pids.map(parentOf));
  const family = [parent, ...pids.filter((_, i) => parents[i] === parent)];
  const times = await Promise.all(family.map(readCpuMs));
  return times.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
}

async function parentOf(pid: number | undefined): Promise<number | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces; the parent is the second field behind it (proc(5)).
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}
