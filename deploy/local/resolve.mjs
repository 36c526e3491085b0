// @ts-check
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './report.mjs';

/**
 * @typedef {object} Place where a server keeps its data
 * @property {string} dir
 * @property {boolean} throwaway removed after the run
 * @property {number} [port] a server restarted on its data keeps its port; else any free one
 */

/** @typedef {{ url: string, pid?: number, stop: () => Promise<void> }} Server */

/**
 * @typedef {{ what: string, start: (place: Place) => Promise<Server> }} Available `what` is shown, e.g. "Redis 7.0.15
 * (/usr/bin)"
 */

/**
 * @typedef {{ path: string, env?: Record<string, string> }} Program env: additional environment variables that it needs
 */

/**
 * @typedef {{ env: NodeJS.ProcessEnv, home: string, repository: string, report: import('./report.mjs').Report }}
 * Context
 */

/**
 * @typedef {{ name: string, find: (context: Context) => Promise<Available | undefined> }} Resolver one way to get a
 * server
 */

/**
 * Returns the first resolver's result that works on this machine.
 * @param {readonly Resolver[]} resolvers in order of preference
 * @param {Context} context
 * @param {string} nothingWorks what to do by hand
 */
export async function firstAvailable(resolvers, context, nothingWorks) {
  for (const resolver of resolvers) {
    const found = await resolver.find(context);
    if (found !== undefined) return found;
  }
  throw new SetupError(nothingWorks);
}

/**
 * The full path of a program.
 * @param {string} program
 * @param {string} [path] the value of PATH, or other directories in its form
 */
export function findOnPath(program, path = process.env.PATH ?? '') {
  for (const dir of path.split(delimiter)) {
    const file = join(dir, program);
    try {
      accessSync(file, constants.X_OK);
      if (dir !== '' && statSync(file).isFile()) return file;
    } catch {
      // Not in this directory; the next one may have it.
    }
  }
  return undefined;
}

/**
 * Whether the set-up may install something with the system's package manager.
 * @param {NodeJS.ProcessEnv} env
 */
export function mayInstall(env) {
  return !['1', 'true', 'yes'].includes((env.SLUICE_NO_INSTALL ?? '').toLowerCase());
}
