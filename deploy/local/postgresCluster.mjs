// @ts-check
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { canReach, giveTo, makePrivateDir, outsideOf, postgresAccount } from './account.mjs';
import { APP_ROLE, appRoleStatements } from './appRole.mjs';
import { runToEnd, startChild } from './child.mjs';
import { freePort, probePostgres, waitUntilReady } from './probe.mjs';
import { lastLines, SetupError } from './report.mjs';
import { keepSecret } from './secrets.mjs';

/** @typedef {import('./resolve.mjs').Context} Context */
/** @typedef {import('./resolve.mjs').Place} Place */
/** @typedef {import('./account.mjs').Account} Account */
/** @typedef {{ bin: string, major: number }} Programs */

const START_WITHIN_MS = 60_000;
const LEAVE_WITHIN_MS = 5_000;

/**
 * Starts PostgreSQL on a place's data, created at the first start: loopback only, SCRAM passwords, fsync on.
 * @param {Programs} programs
 * @param {Place} place
 * @param {Context} context
 * @returns {Promise<import('./resolve.mjs').Server>}
 */
export async function startCluster(programs, place, context) {
  const { dir, account } = chooseDir(place, context);
  const data = join(dir, 'data');
  const password = keepPassword(place.throwaway ? place.dir : context.home);
  if (existsSync(data)) refuseOtherMajor(data, programs.major);
  else await createData(programs, { dir, data, password, account, throwaway: place.throwaway });
  await clearStalePid(data);
  await ensureAppRole(programs, { dir, data, password, account });

  const port = place.port ?? (await freePort());
  const logFile = join(dir, 'postgres.log');
  const log = openSync(logFile, 'a', 0o600);
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    fsync: 'on',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const child = await startChild(join(programs.bin, 'postgres'), ['-D', data, ...options], {
    ...surroundings(account),
    stdio: ['ignore', log, log],
    stopSignals: ['SIGINT', 'SIGQUIT'], // fast, then immediate shutdown; SIGTERM would wait for every client
  });
  closeSync(log);
  const stop = async () => {
    await child.stop();
    if (place.throwaway) rmSync(dir, { recursive: true, force: true });
  };
  const url = `postgresql://${APP_ROLE}:${password}@127.0.0.1:${port}/sluice`;
  const limits = { withinMs: START_WITHIN_MS, gaveUp: child.hasExited };
  const outcome = await waitUntilReady(() => probePostgres(url), limits);
  if (outcome.kind === 'ready') return { url, pid: child.pid, stop };
  const said = lastLines(readFileSync(logFile, 'utf8'), 10);
  await stop();
  throw new SetupError(`PostgreSQL did not start (its log: ${logFile}):\n${said}`);
}

/**
 * The password of the servers in a folder, created once.
 * @param {string} dir
 */
export function keepPassword(dir) {
  return keepSecret(join(dir, 'postgres-password'), () => randomBytes(24).toString('base64url'));
}

/**
 * The folder for data and log: the place itself, or its equivalent below /var/lib, which the account can enter.
 * @param {Place} place
 * @param {Context} context
 */
function chooseDir(place, { home, report }) {
  const outside = outsideOf(home, place.dir);
  const keptOutside = !existsSync(join(place.dir, 'data')) && existsSync(join(outside, 'data'));
  const account = postgresAccount(join(keptOutside ? outside : place.dir, 'data'));
  if (!keptOutside) {
    makePrivateDir(place.dir, account);
    if (canReach(account, place.dir)) return { dir: place.dir, account };
  }
  makePrivateDir(outside, account);
  if (!place.throwaway) {
    report.line(
      `  its data is in ${outside}: PostgreSQL cannot run as root, and other accounts could not enter ${home}`,
    );
  }
  return { dir: outside, account };
}

/**
 * @param {string} data
 * @param {number} major
 */
function refuseOtherMajor(data, major) {
  const made = Number(readFileSync(join(data, 'PG_VERSION'), 'utf8'));
  if (made === major) return;
  throw new SetupError(
    `${data} was made by PostgreSQL ${made}, and this is ${major}. To keep the data, set DATABASE_URL to a server that holds ` +
      `it; to start afresh, move it away: mv "${data}" "${data}-${made}"`,
  );
}

/**
 * Creates the data directory beside its final name, so that an interrupted start leaves nothing incomplete.
 * @param {Programs} programs
 * @param {{ dir: string, data: string, password: string, account: Account | undefined, throwaway: boolean }} target
 */
async function createData({ bin, major }, { dir, data, password, account, throwaway }) {
  const draft = `${data}.new`;
  const passwordFile = join(dir, 'initial-password');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) for (const path of [draft, passwordFile]) giveTo(account, path);

  // From 17 on PostgreSQL provides C.UTF-8 itself; before that, the system may lack it.
  const locale = major >= 17 ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C'];
  const args = [
    '-D',
    draft,
    '-U',
    'sluice',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    ...locale,
  ];
  if (throwaway) args.push('--no-sync');
  const made = await runToEnd(join(bin, 'initdb'), args, surroundings(account));
  rmSync(passwordFile, { force: true });
  if (!made.ok) throw new SetupError(`PostgreSQL failed to create its data directory:\n${lastLines(made.output, 10)}`);

  const single = ['--single', '-D', draft, 'template1'];
  const created = await runToEnd(join(bin, 'postgres'), single, {
    ...surroundings(account),
    input: 'CREATE DATABASE sluice\n',
  });
  if (!created.ok || /ERROR|FATAL/.test(created.output)) {
    throw new SetupError(`PostgreSQL failed to create the database sluice:\n${lastLines(created.output, 10)}`);
  }
  renameSync(draft, data);
}

/**
 * Creates the role that the fleet uses, once per data directory; it takes over the objects that older versions created.
 * @param {Programs} programs
 * @param {{ dir: string, data: string, password: string, account: Account | undefined }} target
 */
async function ensureAppRole({ bin }, { dir, data, password, account }) {
  const done = join(dir, 'app-role-made');
  if (existsSync(done)) return;
  const made = await runToEnd(join(bin, 'postgres'), ['--single', '-D', data, 'sluice'], {
    ...surroundings(account),
    input: appRoleStatements(password),
  });
  if (!made.ok || /ERROR|FATAL/.test(made.output)) {
    throw new SetupError(`PostgreSQL failed to create the role ${APP_ROLE}:\n${lastLines(made.output, 10)}`);
  }
  writeFileSync(done, '');
}

/**
 * After a kill the pid file remains, and PostgreSQL does not start if the pid now belongs to another program or to a
 * zombie process. So the file is removed once no process uses this data.
 * @param {string} data
 */
async function clearStalePid(data) {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file) || process.platform !== 'linux') return;
  const deadline = performance.now() + LEAVE_WITHIN_MS;
  for (let pids = processesIn(data); pids.length > 0; pids = processesIn(data)) {
    if (performance.now() > deadline) {
      const pid = readFileSync(file, 'utf8').split('\n')[0];
      throw new SetupError(
        `PostgreSQL already runs on ${data} as process ${pid}: stop it with \`kill -INT ${pid}\`, then run this again.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  rmSync(file, { force: true });
}

/**
 * The live processes whose working directory this is; for all of PostgreSQL's it is the data directory.
 * @param {string} dir
 */
function processesIn(dir) {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === dir;
    } catch {
      return false; // ended meanwhile, dead, or another account's
    }
  });
}

/**
 * PostgreSQL's programs inherit no variables of ours, which could redirect them, and run in a folder open to every
 * account.
 * @param {Account | undefined} account
 */
function surroundings(account) {
  const { PATH, LD_LIBRARY_PATH } = process.env;
  return {
    ...account,
    cwd: '/',
    env: { PATH, LC_ALL: 'C', TZ: 'UTC', ...(LD_LIBRARY_PATH ? { LD_LIBRARY_PATH } : {}) },
  };
}
