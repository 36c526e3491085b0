// @ts-check
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd, startChild } from './child.mjs';
import { dockerAnswers, startContainer } from './docker.mjs';
import { freePort, probeRedis, waitUntilReady } from './probe.mjs';
import { fetchedRedis, fetchRedis } from './redisFetch.mjs';
import { programOnPath } from './redisProgram.mjs';
import { lastLines, SetupError } from './report.mjs';
import { firstAvailable, mayInstall } from './resolve.mjs';

/** @typedef {import('./resolve.mjs').Program} RedisProgram */

const START_WITHIN_MS = 60_000;

/**
 * Redis's settings, in a container and on the machine alike: every write goes to the append-only file, nothing is ever
 * evicted, and a job of up to a kilobyte is stored packed, which takes a third less memory; by a name that Redis 6.2
 * supports as well.
 */
const SETTINGS = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '""',
  'maxmemory-policy': 'noeviction',
  'hash-max-ziplist-value': '1024',
};

/** @type {readonly import('./resolve.mjs').Resolver[]} */
const redisResolvers = [
  { name: 'REDIS_URL', find: fromUrl },
  { name: 'a program on the PATH', find: async () => fromProgram(programOnPath()) },
  { name: 'the copy fetched before', find: async ({ home }) => fromProgram(fetchedRedis(home)) },
  { name: 'Docker', find: fromDocker },
  {
    name: "the system's packages",
    find: async (context) => (mayInstall(context.env) ? fromProgram(await fetchRedis(context)) : undefined),
  },
];

/**
 * Finds the best way to provide a Redis on this machine.
 * @param {import('./resolve.mjs').Context} context
 */
export function resolveRedis(context) {
  return firstAvailable(
    redisResolvers,
    context,
    'No Redis found: install it (Debian, Ubuntu: `sudo apt-get install redis-server`; macOS: `brew install redis`), ' +
      'or start Docker, or set REDIS_URL, then run this again.',
  );
}

/**
 * @param {import('./resolve.mjs').Context} context
 * @returns {Promise<import('./resolve.mjs').Available | undefined>}
 */
async function fromUrl({ env, report }) {
  const url = env.REDIS_URL;
  if (url === undefined || url === '') return undefined;
  return {
    what: 'Redis at REDIS_URL',
    async start() {
      const outcome = await waitUntilReady(() => probeRedis(url), { withinMs: 5_000, gaveUp: () => false });
      if (outcome.kind !== 'ready') {
        const why = 'why' in outcome ? outcome.why : 'it is still loading its data';
        throw new SetupError(
          `Redis at REDIS_URL cannot be used: ${why}. Correct REDIS_URL, or unset it to start one locally.`,
        );
      }
      if (outcome.detail !== undefined && outcome.detail !== 'noeviction') {
        report.warn(
          `Redis at REDIS_URL has maxmemory-policy ${outcome.detail}: jobs can be evicted; set it to noeviction.`,
        );
      }
      return { url, stop: async () => undefined };
    },
  };
}

/** @param {RedisProgram | undefined} program @returns {Promise<import('./resolve.mjs').Available | undefined>} */
async function fromProgram(program) {
  if (program === undefined) return undefined;
  const { ok, output } = await runToEnd(program.path, ['--version'], { env: { ...process.env, ...program.env } });
  if (!ok) return undefined;
  const version = /v=([\d.]+)/.exec(output)?.[1] ?? '';
  return { what: `Redis ${version} (${program.path})`, start: (place) => startProgram(program, place) };
}

/**
 * @param {RedisProgram} program
 * @param {import('./resolve.mjs').Place} place
 * @returns {Promise<import('./resolve.mjs').Server>}
 */
async function startProgram(program, place) {
  mkdirSync(place.dir, { recursive: true, mode: 0o700 });
  const port = await freePort();
  const password = randomBytes(24).toString('base64url');
  const lines = {
    bind: '127.0.0.1',
    port,
    requirepass: password,
    dir: '.',
    pidfile: 'redis.pid',
    logfile: 'redis.log',
  };
  const config = Object.entries({ ...lines, daemonize: 'no', ...SETTINGS });
  const file = join(place.dir, 'redis.conf');
  rmSync(file, { force: true });
  writeFileSync(file, `${config.map((entry) => entry.join(' ')).join('\n')}\n`, { mode: 0o600 });

  const log = openSync(join(place.dir, 'redis.log'), 'a', 0o600);
  const env = { ...process.env, ...program.env };
  const child = await startChild(program.path, ['redis.conf'], { cwd: place.dir, env, stdio: ['ignore', log, log] });
  closeSync(log);
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const outcome = await waitUntilReady(() => probeRedis(url), { withinMs: START_WITHIN_MS, gaveUp: child.hasExited });
  if (outcome.kind !== 'ready') {
    await child.stop();
    const said = lastLines(readFileSync(join(place.dir, 'redis.log'), 'utf8'), 10);
    throw new SetupError(`Redis did not start (its log: ${join(place.dir, 'redis.log')}):\n${said}`);
  }
  return { url, pid: child.pid, stop: () => child.stop() };
}

/** @returns {Promise<import('./resolve.mjs').Available | undefined>} */
async function fromDocker() {
  if (!(await dockerAnswers())) return undefined;
  const image = 'redis:7.4-alpine3.21';
  return {
    what: `Redis in Docker (${image})`,
    async start(place) {
      const args = Object.entries(SETTINGS).flatMap(([key, value]) => [`--${key}`, value === '""' ? '' : value]);
      const container = await startContainer({ image, port: 6379, volumePath: '/data', place, args });
      const url = `redis://127.0.0.1:${container.hostPort}`;
      const limits = { withinMs: START_WITHIN_MS * 5, gaveUp: container.child.hasExited };
      const outcome = await waitUntilReady(() => probeRedis(url), limits);
      if (outcome.kind === 'ready') return { url, pid: container.child.pid, stop: container.stop };
      await container.stop();
      throw new SetupError(`Redis did not start in Docker:\n${lastLines(container.log(), 10)}`);
    },
  };
}
