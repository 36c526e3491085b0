import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './support/longestFirst.js';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Unit tests stand beside the code; what needs a server is under test/. Both run on the sources, not on dist. */
export default defineConfig({
  root: repository,
  resolve: {
    alias: [
      { find: /^@sluice\/([^/]+)$/, replacement: `${repository}packages/$1/src/index.ts` },
      { find: /^@sluice\/([^/]+)\/(.+)$/, replacement: `${repository}packages/$1/src/$2.ts` },
    ],
  },
  test: {
    passWithNoTests: false,
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Files share processes, so that modules are read once in each; nothing of one file may outlive it.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/src/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'fleet',
          include: ['deploy/**/*.test.mjs', 'test/**/*.test.ts'],
          globalSetup: [`${repository}test/support/globalSetup.ts`],
          // Most of them wait most of the time.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // What must come may take long on a machine that others use: a test that fails by the clock says nothing of the code.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    diff: { truncateThreshold: 10 },
  },
});
