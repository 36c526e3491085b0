import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { benchDocumentSchema } from './harness/document.js';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url));

it('prints exactly one document, in which both sides have figures, on standard output', async () => {
  const { stdout } = await run(process.execPath, [main, 'throughput', '--json', '--runs', '1', '--jobs', '200'], {
    env: { PATH: process.env.PATH, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
  });
  const document = benchDocumentSchema.parse(JSON.parse(stdout));
  expect(document.bench).toBe('throughput');
  expect(document.rows[0]).toMatchObject({ unit: 'jobs/s', target: null, met: null });
  for (const figure of ['ours', 'reference', 'ratio'] as const) {
    expect(document.rows[0]?.[figure]).toBeGreaterThan(0);
  }
});
