import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { runProgram } from '../support/runProgram.js';
import { benchDocumentSchema } from './harness/document.js';

const main = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url));

/** It may take so long on a machine that others use, in ms; then it is ended. */
const LIMIT_MS = 600_000;

it(
  'measures everything once on a small fleet, and prints one document',
  async () => {
    const few = ['--rounds', '1', '--tenants', '6', '--jobs', '60', '--seconds', '0.2'];
    const { stdout } = await runProgram(main, ['fleet', '--json', ...few], {
      env: { PATH: process.env.PATH, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
      timeout: LIMIT_MS,
    });
    const { bench, rows } = benchDocumentSchema.parse(JSON.parse(stdout));
    expect(bench).toBe('fleet');
    const asked = rows.filter(({ target }) => target !== null);
    expect(asked.map(({ target }) => target)).toEqual([
      'ours <= 100',
      'ours <= 450',
      'ours <= 5',
      'ours <= 50',
      'ours <= 1',
      'ours <= 5',
      'ratio >= 1.2',
      'ratio <= 1',
      'ratio >= 1',
      'ratio <= 2',
      'ours >= 0.98',
      'ours <= 5',
      'ours <= 500',
      'ours <= 2',
    ]);
    for (const { metric, ours } of rows) expect(ours, metric).toBeGreaterThanOrEqual(0);
    expect(rows.filter(({ metric }) => metric.startsWith('growth, 1 tenants'))).toHaveLength(4);
  },
  LIMIT_MS + 10_000,
);
