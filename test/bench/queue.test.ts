import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { benchDocumentSchema } from './harness/document.js';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url));

it('measures each part of the queue on a few jobs', async () => {
  const { stdout } = await run(process.execPath, [main, 'queue', '--json', '--jobs', '60', '--seconds', '0.2'], {
    env: { PATH: process.env.PATH, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
    timeout: 110_000,
  });
  const { bench, rows } = benchDocumentSchema.parse(JSON.parse(stdout));
  expect(bench).toBe('queue');
  for (const { metric, ours } of rows) expect(ours, metric).toBeGreaterThan(0);
  expect(rows.flatMap(({ target }) => target ?? [])).toEqual(
    expect.arrayContaining(['ours <= 2', 'ours <= 1024', 'ours <= 100', 'ours <= 10']),
  );
}, 120_000);
