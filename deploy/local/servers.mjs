// @ts-check
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePassage, outsideOf } from './account.mjs';
import { identify, isSameProcess, lockHolder, tryLock } from './lock.mjs';
import { resolvePostgres } from './postgres.mjs';
import { probePostgres, probeRedis } from './probe.mjs';
import { resolveRedis } from './redis.mjs';
import { SetupError } from './report.mjs';

/** @typedef {import('./resolve.mjs').Context} Context */
/** @typedef {import('./releases.mjs').Releases} Releases */
/** @typedef {{ REDIS_URL: string, DATABASE_URL: string }} ServerUrls */
/** @typedef {{ redisUrl: string, databaseUrl: string, processes: import('./lock.mjs').ProcessIdentity[] }} State */

const LOCK_WITHIN_MS = 60_000;

/**
 * Opens the servers of `npm start`, whose data is kept. One run at a time owns them; another run uses them while their
 * owner runs.
 * @param {Context} context
 * @param {Releases} releases
 * @returns {Promise<ServerUrls>}
 */
export async function openKeptServers(context, releases) {
  const { env, home, report } = context;
  if (env.REDIS_URL && env.DATABASE_URL) return startServers(context, releases, { dir: home, throwaway: false });
  const lock = join(home, 'lock');
  const deadline = performance.now() + LOCK_WITHIN_MS;
  for (;;) {
    const outcome = tryLock(lock);
    if (outcome.kind === 'held') {
      releases.add('the lock', outcome.release);
      await endOrphans(context);
      return startServers(context, releases, { dir: home, throwaway: false });
    }
    const urls = await urlsOfAnother(context);
    if (urls !== undefined) {
      report.line(`- using the servers of process ${outcome.by.pid}, which run as long as it does`);
      endWithOwner(outcome.by, report);
      return urls;
    }
    if (performance.now() > deadline) {
      throw new SetupError(
        `Process ${outcome.by.pid} uses ${home} and its servers do not answer: stop it, or set SLUICE_HOME to another folder.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/**
 * Ends this run when the owner of its servers has ended: without them it would only log errors.
 * @param {import('./lock.mjs').ProcessIdentity} owner
 * @param {Context['report']} report
 */
function endWithOwner(owner, report) {
  const look = setInterval(() => {
    if (isSameProcess(owner)) return;
    clearInterval(look);
    report.line(`process ${owner.pid}, which owned the servers in use, has stopped`);
    process.kill(process.pid, 'SIGTERM');
  }, 1_000);
  look.unref();
}

/**
 * Opens servers on their own data, which is removed after the run, so that a test or a demo never touches the data of
 * `npm start`.
 * @param {Context} context
 * @param {Releases} releases
 * @param {string} command names the folder, together with the pid
 * @returns {Promise<ServerUrls>}
 */
export async function openFreshServers(context, releases, command) {
  removeLeftovers(context.home);
  const dir = join(context.home, `${command}-${process.pid}`);
  makePassage(dir);
  tryLock(join(dir, 'lock'));
  releases.add('the data of this run', () => removeRun(context.home, dir));
  return startServers(context, releases, { dir, throwaway: true });
}

/**
 * @param {Context} context
 * @param {Releases} releases
 * @param {import('./resolve.mjs').Place} place
 * @returns {Promise<ServerUrls>}
 */
async function startServers(context, releases, place) {
  /** @type {State} */
  const state = { redisUrl: '', databaseUrl: '', processes: [] };
  const stateFile = join(context.home, 'servers.json');
  if (!place.throwaway) releases.add(stateFile, () => rmSync(stateFile, { force: true }));

  /** @param {import('./resolve.mjs').Available} available @param {string} folder */
  async function start(available, folder) {
    const begun = performance.now();
    const server = await available.start({ ...place, dir: join(place.dir, folder) });
    releases.add(available.what, () => server.stop());
    const identity = server.pid === undefined ? undefined : identify(server.pid);
    if (identity !== undefined) state.processes.push(identity);
    context.report.line(`- ${available.what} answers (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
    return server.url;
  }

  state.redisUrl = await start(await resolveRedis(context), 'redis');
  if (!place.throwaway) writeState(stateFile, state);
  state.databaseUrl = await start(await resolvePostgres(context), 'postgres');
  if (!place.throwaway) writeState(stateFile, state);
  return { REDIS_URL: state.redisUrl, DATABASE_URL: state.databaseUrl };
}

/** @param {Context} context @returns {Promise<ServerUrls | undefined>} undefined while they do not respond */
async function urlsOfAnother({ env, home }) {
  const state = readState(join(home, 'servers.json'));
  if (state === undefined || state.databaseUrl === '') return undefined;
  const urls = { REDIS_URL: env.REDIS_URL || state.redisUrl, DATABASE_URL: env.DATABASE_URL || state.databaseUrl };
  const outcomes = await Promise.all([probeRedis(urls.REDIS_URL), probePostgres(urls.DATABASE_URL)]);
  return outcomes.every(({ kind }) => kind === 'ready') ? urls : undefined;
}

/** Ends processes left behind by a run that was killed together with its watchdog. @param {Context} context */
async function endOrphans({ home, report }) {
  for (const known of readState(join(home, 'servers.json'))?.processes ?? []) {
    if (!isSameProcess(known)) continue;
    report.line(`- stopping process ${known.pid}, left by a run that was killed`);
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGKILL'])) {
      process.kill(known.pid, signal);
      for (let polls = 0; polls < 100 && isSameProcess(known); polls++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      if (!isSameProcess(known)) break;
    }
  }
}

/** Removes the data of earlier fresh runs that were killed. @param {string} home */
function removeLeftovers(home) {
  for (const name of existsSync(home) ? readdirSync(home) : []) {
    if (!/^[a-z]+-\d+$/.test(name)) continue;
    const holder = lockHolder(join(home, name, 'lock'));
    const isAlive = holder === undefined ? identify(Number(name.split('-')[1])) !== undefined : isSameProcess(holder);
    if (!isAlive) removeRun(home, join(home, name));
  }
}

/** @param {string} home @param {string} dir */
function removeRun(home, dir) {
  for (const path of [dir, outsideOf(home, dir)]) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

/** @param {string} file @param {State} state */
function writeState(file, state) {
  writeFileSync(`${file}.new`, JSON.stringify(state, undefined, 2), { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}

/** @param {string} file @returns {State | undefined} */
function readState(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
