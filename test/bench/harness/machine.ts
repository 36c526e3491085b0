import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import type { BenchDocument } from './document.js';
import type { BenchServers } from './servers.js';

const run = promisify(execFile);

/** What the figures were measured on. Holds no name of a host, a user or a path. */
export async function describeMachine({ redis, postgres }: BenchServers): Promise<BenchDocument['machine']> {
  const info = await redis.client.info('server');
  const { rows } = await postgres.db.$client.query<{ version: string }>(
    "SELECT current_setting('server_version') AS version",
  );
  const { version } = createRequire(import.meta.url)('bullmq/package.json') as { version: string };
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryMiB: Math.round(totalmem() / 1_048_576),
    system: `${type()} ${release().split('-')[0] ?? ''}`.trim(),
    node: process.versions.node,
    redis: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown',
    postgres: rows[0]?.version.split(' ')[0] ?? 'unknown',
    bullmq: version,
  };
}

/** The commit that is checked out, with `-dirty` behind it when tracked files were changed. */
export async function describeCommit(directory: string): Promise<string> {
  try {
    const { stdout } = await run('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
      cwd: directory,
    });
    return stdout.trim();
  } catch {
    return 'unknown';
  }
}
