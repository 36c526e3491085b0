import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

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
    include: ['{packages,apps}/*/src/**/*.test.ts', 'deploy/**/*.test.mjs', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['test/support/globalSetup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 4,
    passWithNoTests: false,
  },
});
