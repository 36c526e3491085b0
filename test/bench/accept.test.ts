import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { runProgram } from '../support/runProgram.js';
import { benchDocumentSchema } from './harness/document.js';

const main = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url));

/** It may take so long on a machine that others use, in ms; then it is ended. */
const LIMIT_MS = 600_000;

it(
  'measures accepting and settling once, for a moment, and prints one document',
  async () => {
    const few = ['--rounds', '1', '--seconds', '0.3', '--jobs', '300', '--only', 'ledger,redis,settled'];
    const { stdout } = await runProgram(main, ['accept', '--json', ...few], {
      env: { PATH: process.env.PATH, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
      timeout: LIMIT_MS,
    });
    const { bench, rows } = benchDocumentSchema.parse(JSON.parse(stdout));
    expect(bench).toBe('accept');
    expect(rows.flatMap(({ target }) => target ?? [])).toEqual(['ratio >= 0.8', 'ratio >= 1', 'ratio >= 0.7']);
    for (const { metric, ours, reference } of rows) {
      expect(ours, metric).toBeGreaterThanOrEqual(0);
      expect(reference, metric).toBeGreaterThanOrEqual(0);
    }
  },
  LIMIT_MS + 10_000,
);
