// @ts-check

/** @typedef {'producer' | 'worker' | 'scaler' | 'dashboard'} ProcessName */

/**
 * The processes of a fleet in start order, with Node's arguments relative to the repository's root. Images and the
 * compose file run the same commands.
 * @type {Readonly<Record<ProcessName, readonly string[]>>}
 */
export const PROCESSES = {
  // Most allocations live as long as a request or a job: a larger young generation halves the time spent in garbage
  // collection.
  producer: ['--max-semi-space-size=64', 'apps/producer/dist/bundle/main.js'],
  worker: ['--max-semi-space-size=64', 'apps/worker/dist/bundle/main.js'],
  scaler: ['apps/scaler/dist/bundle/main.js'],
  dashboard: ['apps/dashboard/dist/bundle/main.js'],
};

/** Migrates the database; completes before the first process starts. */
export const MIGRATE = ['packages/fleet/dist/postgres/migrateMain.js'];
