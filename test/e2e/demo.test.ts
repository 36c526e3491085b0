import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { runProgram } from '../support/runProgram.js';

/** A whole demo may take so long on a machine that others use, in ms; then it is ended. */
const LIMIT_MS = 600_000;

const MAIN = fileURLToPath(new URL('../dist/demo/main.js', import.meta.url));

describe('npm run demo', () => {
  it(
    'delivers every real webhook or buries it, by id, and says so with exit code 0',
    async () => {
      const { stdout } = await runProgram(MAIN, ['--json'], {
        env: { ...process.env, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
        timeout: LIMIT_MS,
      });
      const report = JSON.parse(stdout) as { ok: boolean; totals?: unknown };
      expect(report).toMatchObject({ ok: true });
    },
    LIMIT_MS + 10_000,
  );

  it(
    'answers ten users of a tenant with a quota of five: five at once, five from the queue, none with an error',
    async () => {
      const { stdout, stderr } = await runProgram(MAIN, ['quota', '--json'], {
        env: { ...process.env, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
        timeout: LIMIT_MS,
      });
      const report = JSON.parse(stdout) as { users: { place: number | null }[] };
      expect(report).toMatchObject({ ok: true, totals: { users: 10, atOnce: 5, queued: 5, errors: 0 } });
      expect(report.users.flatMap(({ place }) => place ?? [])).toHaveLength(5);
      expect(stderr).toMatch(/user\d+: Position \d in queue, ~\d+s wait/);
    },
    LIMIT_MS + 10_000,
  );
});
