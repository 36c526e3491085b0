import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../dist/demo/main.js', import.meta.url));

describe('npm run demo', () => {
  it('delivers every real webhook or buries it, by id, and says so with exit code 0', async () => {
    const { stdout } = await run(process.execPath, [MAIN, '--json'], {
      env: { ...process.env, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
      maxBuffer: 64 * 1_024 * 1_024,
    });
    const report = JSON.parse(stdout) as { ok: boolean; totals?: unknown };
    expect(report).toMatchObject({ ok: true });
  }, 180_000);

  it('answers ten users of a tenant with a quota of five: five at once, five from the queue, none with an error', async () => {
    const { stdout, stderr } = await run(process.execPath, [MAIN, 'quota', '--json'], {
      env: { ...process.env, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
    });
    const report = JSON.parse(stdout) as { users: { place: number | null }[] };
    expect(report).toMatchObject({ ok: true, totals: { users: 10, atOnce: 5, queued: 5, errors: 0 } });
    expect(report.users.flatMap(({ place }) => place ?? [])).toHaveLength(5);
    expect(stderr).toMatch(/user\d+: Position \d in queue, ~\d+s wait/);
  }, 180_000);
});
