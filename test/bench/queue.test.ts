import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { benchDocumentSchema } from './harness/document.js';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url));

it('measures every part of the queue once, small, and never grants more than the quota', async () => {
  const few = ['--rounds', '1', '--tenants', '10', '--jobs', '400', '--seconds', '0.2'];
  const { stdout } = await run(process.execPath, [main, 'queue', '--json', ...few], {
    env: { PATH: process.env.PATH, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
    timeout: 170_000,
  });
  const { bench, rows } = benchDocumentSchema.parse(JSON.parse(stdout));
  expect(bench).toBe('queue');
  const targets = rows.flatMap(({ target }) => target ?? []);
  expect(targets.slice(0, 4)).toEqual(['ratio >= 0.95', 'ours >= 100', 'ours >= 100', 'ours <= 0']);
  expect(targets.slice(4)).toEqual(expect.arrayContaining(['ours <= 2', 'ours <= 1024', 'ours <= 100', 'ours <= 10']));
  expect(targets.filter((target) => target === 'ours <= 25')).toHaveLength(3);
  const beyond = rows.find(({ target }) => target === 'ours <= 0');
  expect(beyond).toMatchObject({ ours: 0, met: true });
  // How near an estimate is depends on what else the machine does; that it was made does not.
  for (const row of rows.filter(({ unit }) => unit === '%')) expect(row.ours, row.metric).toBeGreaterThanOrEqual(0);
  for (const row of rows.filter(({ unit }) => unit !== '%')) {
    if (row !== beyond) expect(row.ours, row.metric).toBeGreaterThan(0);
  }
}, 180_000);
