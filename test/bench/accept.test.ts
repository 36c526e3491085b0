import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { benchDocumentSchema } from './harness/document.js';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url));

it('measures accepting and settling once, for a moment, and prints one document', async () => {
  const few = ['--rounds', '1', '--seconds', '0.3', '--jobs', '300', '--only', 'ledger,redis,settled'];
  const { stdout } = await run(process.execPath, [main, 'accept', '--json', ...few], {
    env: { PATH: process.env.PATH, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
    // A run that hangs must not outlive the test, whose servers it would look for for ever.
    timeout: 110_000,
  });
  const { bench, rows } = benchDocumentSchema.parse(JSON.parse(stdout));
  expect(bench).toBe('accept');
  expect(rows.flatMap(({ target }) => target ?? [])).toEqual(['ratio >= 0.8', 'ratio >= 1', 'ratio >= 0.7']);
  for (const { metric, ours, reference } of rows) {
    expect(ours, metric).toBeGreaterThanOrEqual(0);
    expect(reference, metric).toBeGreaterThanOrEqual(0);
  }
}, 120_000);
