import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The two Redis commands that run a script, as ioredis provides them for a single server and for a Cluster. */
export interface ScriptRunner {
  evalsha(sha: string, numberOfKeys: number, ...keysAndArgs: (string | number)[]): Promise<unknown>;
  eval(source: string, numberOfKeys: number, ...keysAndArgs: (string | number)[]): Promise<unknown>;
}

/** A Lua script that is sent once and then called by its digest. */
export interface LuaScript {
  /** Runs the script; the caller parses the reply. */
  run(client: ScriptRunner, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

/** Loads a Lua script from its file. */
export function loadLua(file: URL): LuaScript {
  const source = readFileSync(file, 'utf8');
  const sha = createHash('sha1').update(source).digest('hex');
  return {
    async run(client, keys, args) {
      try {
        return await client.evalsha(sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return client.eval(source, keys.length, ...keys, ...args);
      }
    },
  };
}
