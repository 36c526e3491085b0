import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { runProgram } from '../support/runProgram.js';
import { benchDocumentSchema } from './harness/document.js';

const main = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url));

/** It may take so long on a machine that others use, in ms; then it is ended. */
const LIMIT_MS = 600_000;

it(
  'prints exactly one document, in which both sides have figures, on standard output',
  async () => {
    const { stdout } = await runProgram(main, ['throughput', '--json', '--runs', '1', '--jobs', '200'], {
      env: { PATH: process.env.PATH, REDIS_URL: inject('redisUrl'), DATABASE_URL: inject('databaseUrl') },
      timeout: LIMIT_MS,
    });
    const document = benchDocumentSchema.parse(JSON.parse(stdout));
    expect(document.bench).toBe('throughput');
    expect(document.rows[0]).toMatchObject({ unit: 'jobs/s', target: null, met: null });
    for (const figure of ['ours', 'reference', 'ratio'] as const) {
      expect(document.rows[0]?.[figure]).toBeGreaterThan(0);
    }
  },
  LIMIT_MS + 10_000,
);
