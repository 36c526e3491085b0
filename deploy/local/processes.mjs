// @ts-check

/** @typedef {'producer' | 'worker' | 'scaler' | 'dashboard'} ProcessName */

/**
 * The processes of a fleet in the order in which they start, with Node's arguments from the repository's root.
 * Images and the compose file run the same commands.
 * @type {Readonly<Record<ProcessName, readonly string[]>>}
 */
export const PROCESSES = {
  // Most of what these allocate lives as long as a request or a job: a larger young generation halves the time spent collecting it.
  producer: ['--max-semi-space-size=64', 'apps/producer/dist/bundle/main.js'],
  worker: ['--max-semi-space-size=64', 'apps/worker/dist/bundle/main.js'],
  scaler: ['apps/scaler/dist/bundle/main.js'],
  dashboard: ['apps/dashboard/dist/bundle/main.js'],
};

/** Brings the database up to date; runs to its end before the first process starts. */
export const MIGRATE = ['packages/fleet/dist/postgres/migrateMain.js'];
