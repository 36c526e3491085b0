import type { RedisClient } from '@sluice/fleet/redis/client';

/** What a server has done since it started. */
export interface RedisLoad {
  /** Commands by name, in lower case. Those that scripts ran are counted as well as the scripts. */
  readonly commands: ReadonlyMap<string, number>;
  /** CPU time of the server, its background threads left out, in microseconds. */
  readonly cpuUs: number;
}

/** Reads the server's own counters: one command. */
export async function readRedisLoad(client: RedisClient): Promise<RedisLoad> {
  const info = await client.info('everything');
  const commands = new Map<string, number>();
  for (const [, name = '', calls] of info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)) commands.set(name, Number(calls));
  return {
    commands,
    cpuUs: Math.round((figure(info, 'used_cpu_user') + figure(info, 'used_cpu_sys')) * 1e6),
  };
}

/** How many connections have a name that holds this; those of others, who come and go, are not counted. */
export async function countConnections(client: RedisClient, namePart: string): Promise<number> {
  const list = String(await client.client('LIST'));
  return [...list.matchAll(/ name=(\S*)/g)].filter(([, name = '']) => name.includes(namePart)).length;
}

/** Commands by name between two readings, the reading itself left out, most frequent first. */
export function commandsBetween(before: RedisLoad, after: RedisLoad): [string, number][] {
  return [...after.commands]
    .map(([name, calls]): [string, number] => [name, calls - (before.commands.get(name) ?? 0)])
    .map(([name, calls]): [string, number] => [name, name === 'info' ? calls - 1 : calls])
    .filter(([, calls]) => calls > 0)
    .sort(([, a], [, b]) => b - a);
}

function figure(info: string, name: string): number {
  return Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
}
