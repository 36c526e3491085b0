import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { benchDocumentSchema } from './harness/document.js';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url));

it('measures every part of the queue once, small, and never grants more than the quota', async () => {
  const few = ['--rounds', '1', '--tenants', '10', '--jobs', '400'];
  const { stdout } = await run(process.execPath, [main, 'queue', '--json', ...few], {
    env: { PATH: process.env.PATH, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
    timeout: 110_000,
  });
  const { rows } = benchDocumentSchema.parse(JSON.parse(stdout));
  expect(rows.map(({ target }) => target).slice(0, 3)).toEqual(['ratio >= 0.95', 'ours >= 100', 'ours <= 0']);
  expect(rows.find(({ target }) => target === 'ours <= 0')).toMatchObject({ ours: 0, met: true });
  for (const { metric, ours } of rows) expect(ours, metric).toBeGreaterThanOrEqual(0);
}, 120_000);
