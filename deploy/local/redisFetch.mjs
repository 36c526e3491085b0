// @ts-check
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runToEnd } from './child.mjs';
import { lastLines } from './report.mjs';
import { findOnPath } from './resolve.mjs';

/** @typedef {import('./resolve.mjs').Context} Context */
/** @typedef {import('./resolve.mjs').Program} RedisProgram */

/** Package managers that install system-wide, tried in this order when no private copy can be made. */
const INSTALLERS = [
  {
    tool: 'apt-get',
    needsRoot: true,
    commands: [['update'], ['install', '-y', '--no-install-recommends', 'redis-server']],
  },
  { tool: 'apk', needsRoot: true, commands: [['add', '--no-cache', 'redis']] },
  { tool: 'dnf', needsRoot: true, commands: [['install', '-y', 'redis']] },
  { tool: 'brew', needsRoot: false, commands: [['install', 'redis']] },
];

const REFUSE_SERVICES = '/usr/sbin/policy-rc.d';

/**
 * The private copy that an earlier run created.
 * @param {string} home SLUICE_HOME
 * @returns {RedisProgram | undefined}
 */
export function fetchedRedis(home) {
  const root = join(home, 'tools/redis');
  const path = join(root, 'usr/bin/redis-server');
  if (!existsSync(path)) return undefined;
  const inherited = process.env.LD_LIBRARY_PATH;
  const folders = [...libraryFolders(join(root, 'usr/lib')), ...libraryFolders(join(root, 'lib'))];
  return { path, env: { LD_LIBRARY_PATH: [...folders, ...(inherited ? [inherited] : [])].join(':') } };
}

/**
 * Gets Redis from the system's package manager: on Debian and Ubuntu a private copy that needs no root and does not
 * change the system, else a regular installation. Reports what it fetches.
 * @param {Context} context
 * @returns {Promise<RedisProgram | undefined>}
 */
export async function fetchRedis(context) {
  if (findOnPath('apt-get') !== undefined && findOnPath('dpkg-deb') !== undefined) {
    const copy = await makePrivateCopy(context);
    if (copy !== undefined) return copy;
  }
  return installSystemWide(context);
}

/** @param {Context} context @returns {Promise<RedisProgram | undefined>} */
async function makePrivateCopy({ home, report }) {
  const target = join(home, 'tools/redis');
  const work = `${target}.${process.pid}`;
  try {
    for (const dir of ['root', 'debs', 'state/lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(work, dir), { recursive: true, mode: 0o755 });
    }
    const said = await downloadPackages(work, report);
    if (said !== undefined) {
      report.warn(`failed to fetch a private copy of Redis:\n${lastLines(said, 5)}`);
      return undefined;
    }
    // A concurrent run may have finished first: then its copy is equally good.
    if (fetchedRedis(home) === undefined) renameSync(join(work, 'root'), target);
    return fetchedRedis(home);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Downloads redis-server and its dependencies that are not installed, with the system's package lists, else with fresh
 * private ones, and unpacks everything into work/root.
 * @param {string} work
 * @param {Context['report']} report
 * @returns {Promise<string | undefined>} undefined when the program finds all its libraries, else what went wrong
 */
async function downloadPackages(work, report) {
  // As root, apt would download under its own account, which cannot enter every home.
  const shared = [
    '-o',
    `Dir::Cache=${join(work, 'cache')}`,
    '-o',
    'Debug::NoLocking=1',
    '-o',
    'APT::Sandbox::User=root',
  ];
  const state = join(work, 'state');
  const separate = [
    `Dir::State=${state}`,
    `Dir::State::lists=${state}/lists`,
    'Dir::State::status=/var/lib/dpkg/status',
  ];
  const privateLists = [...shared, ...separate.flatMap((option) => ['-o', option])];
  const apt = (/** @type {string[]} */ ...args) =>
    runToEnd('apt-get', args, { cwd: join(work, 'debs'), env: plainLanguage() });
  let said = '';
  for (const options of [shared, privateLists]) {
    if (options === privateLists) {
      const updated = await report.step("reading Debian's package lists, for this folder only", () =>
        apt(...options, 'update'),
      );
      if (!updated.ok) return updated.output;
    }
    const plan = await apt(...options, '-s', 'install', '--no-install-recommends', 'redis-server');
    const packages = [...plan.output.matchAll(/^Inst (\S+)/gm)].map((match) => String(match[1]));
    said = plan.output;
    if (!plan.ok || packages.length === 0) continue;
    const names = packages.join(', ');
    const fetched = await report.step(`fetching Redis with apt into this folder only: ${names}`, () =>
      apt(...options, 'download', ...packages),
    );
    said = fetched.output;
    if (fetched.ok) return unpack(work);
  }
  return said;
}

/** @param {string} work @returns {Promise<string | undefined>} what went wrong */
async function unpack(work) {
  for (const deb of readdirSync(join(work, 'debs'))) {
    const unpacked = await runToEnd('dpkg-deb', ['-x', join(work, 'debs', deb), join(work, 'root')]);
    if (!unpacked.ok) return unpacked.output;
  }
  const folders = [...libraryFolders(join(work, 'root/usr/lib')), ...libraryFolders(join(work, 'root/lib'))];
  const env = { ...plainLanguage(), LD_LIBRARY_PATH: folders.join(':') };
  const linked = await runToEnd('ldd', [join(work, 'root/usr/bin/redis-server')], { env });
  return !linked.ok || linked.output.includes('not found') ? linked.output : undefined;
}

/** @param {Context} context @returns {Promise<RedisProgram | undefined>} */
async function installSystemWide({ report }) {
  const isRoot = process.getuid?.() === 0;
  for (const { tool, needsRoot, commands } of INSTALLERS) {
    if (findOnPath(tool) === undefined || needsRoot !== isRoot) continue;
    for (const args of commands) {
      const result = await report.step(
        `installing Redis on this system: ${tool} ${args.join(' ')} (its service is not started)`,
        () =>
          withoutServices(tool, () =>
            runToEnd(tool, args, { env: { ...plainLanguage(), DEBIAN_FRONTEND: 'noninteractive' } }),
          ),
      );
      if (!result.ok) report.warn(`${tool} ${args.join(' ')} failed:\n${lastLines(result.output, 5)}`);
    }
    const path = findOnPath('redis-server') ?? findOnPath('valkey-server');
    if (path !== undefined) return { path };
  }
  return undefined;
}

/**
 * Installs without starting services: Debian starts those that it installs, unless this file forbids it.
 * @template T
 * @param {string} tool
 * @param {() => Promise<T>} install
 */
async function withoutServices(tool, install) {
  if (tool !== 'apt-get' || existsSync(REFUSE_SERVICES)) return install();
  writeFileSync(REFUSE_SERVICES, '#!/bin/sh\nexit 101\n');
  chmodSync(REFUSE_SERVICES, 0o755);
  try {
    return await install();
  } finally {
    rmSync(REFUSE_SERVICES, { force: true });
  }
}

/** @param {string} root @returns {string[]} the folders below it that hold shared libraries */
function libraryFolders(root) {
  if (!existsSync(root)) return [];
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /\.so(\.|$)/.test(file));
  return [...new Set(files.map((file) => join(root, dirname(file))))];
}

function plainLanguage() {
  return { ...process.env, LC_ALL: 'C' };
}
