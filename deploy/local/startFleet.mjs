// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './child.mjs';
import { MIGRATE, PROCESSES } from './processes.mjs';
import { lastLines, SetupError } from './report.mjs';
import { supervise } from './supervise.mjs';
import { serveWorkerControl } from './workerControl.mjs';
import { createWorkerPool } from './workerPool.mjs';

/** @typedef {import('./processes.mjs').ProcessName} ProcessName */
/** @typedef {{ url: (kind: ProcessName) => string | undefined, stop: () => Promise<void> }} Fleet */

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Starts a whole fleet as in production, with one process per component: migrations, then producer, workers, scaler and
 * dashboard; resolves when all report that they are ready. A failed start stops whatever has started and throws a
 * SetupError with the last lines of the process that failed. This process owns the workers; the scaler sets their
 * desired number.
 * @param {{ env: Record<string, string>, logDir: string, workers?: number, maxWorkers?: number, restarts?: boolean,
 * repository?: string, show?: (line: string) => void, onStop?: (stop: () => Promise<void>) => void, }} options env: in
 * addition to this process's own: REDIS_URL, DATABASE_URL, SLUICE_OPERATOR_KEY_FILE, PORT, DASHBOARD_PORT, ...;
 * workers: the minimum, maxWorkers: the maximum under load (default: the minimum); restarts: restart a process that
 * ended (default); show: receives warnings, one line each; onStop: receives the stop function before anything starts,
 * for a caller that may be interrupted
 * @returns {Promise<Fleet>}
 */
export async function startFleet(options) {
  const { logDir, workers = 1, maxWorkers = workers, restarts = true, repository = REPOSITORY, onStop } = options;
  const { show = () => undefined } = options;
  const env = { ...process.env, OPS_PORT: '0', ...options.env };
  const logFileOf = (/** @type {string} */ name) => join(logDir, `${name}.log`);
  const how = { cwd: repository, restarts, show };
  const pool = createWorkerPool({ ...how, argv: PROCESSES.worker, env, logFileOf, max: maxWorkers });
  const control = maxWorkers > workers ? await serveWorkerControl(pool) : undefined;
  const scalerEnv = control === undefined ? {} : driverSettings(env, { workers, maxWorkers, socket: control.path });
  /** @param {ProcessName} kind */
  const toMember = (kind) => ({
    kind,
    ...supervise({
      ...how,
      name: kind,
      argv: PROCESSES[kind],
      env: kind === 'scaler' ? { ...env, ...scalerEnv } : env,
      logFile: logFileOf(kind),
    }),
  });
  const members = SINGLE.map(toMember);
  /** @type {Promise<void> | undefined} */
  let stopping;
  const stop = () => (stopping ??= stopInReverse(members, pool, control));
  onStop?.(stop);

  await migrate(repository, env, logDir);
  try {
    await Promise.all([pool.start(workers), ...members.map((member) => member.start())]);
  } catch (error) {
    await stop();
    throw new SetupError(/** @type {Error} */ (error).message);
  }
  return { url: (kind) => members.find((member) => member.kind === kind)?.url(), stop };
}

/** The processes with a single instance. @type {readonly Exclude<ProcessName, 'worker'>[]} */
const SINGLE = ['producer', 'scaler', 'dashboard'];

/**
 * Settings that make the scaler report the desired number of workers to this process; keeps a driver that the user has
 * set.
 * @param {NodeJS.ProcessEnv} env
 * @param {{ workers: number, maxWorkers: number, socket: string }} bounds
 */
function driverSettings(env, { workers, maxWorkers, socket }) {
  return {
    SCALER_DRIVER: env.SCALER_DRIVER || 'local',
    SCALER_LOCAL_SOCKET: socket,
    SCALER_WORKERS_MIN: String(workers),
    SCALER_WORKERS_MAX: String(maxWorkers),
    SCALER_WORKERS_SHRINK_MS: env.SCALER_WORKERS_SHRINK_MS || '60000',
  };
}

/** @param {string} repository @param {NodeJS.ProcessEnv} env @param {string} logDir */
async function migrate(repository, env, logDir) {
  const result = await runToEnd(process.execPath, MIGRATE, { cwd: repository, env });
  mkdirSync(logDir, { recursive: true });
  writeFileSync(join(logDir, 'migrate.log'), result.output, { mode: 0o600 });
  if (!result.ok) throw new SetupError(`Failed to migrate the database:\n${lastLines(result.output)}`);
}

/**
 * Stops dashboard and scaler first, then all workers concurrently, the producer last.
 * @param {(import('./supervise.mjs').Supervised & { kind: ProcessName })[]} members
 * @param {import('./workerPool.mjs').WorkerPool} pool
 * @param {{ close: () => Promise<void> } | undefined} control
 */
async function stopInReverse(members, pool, control) {
  const stopOne = (/** @type {ProcessName} */ kind) => members.find((member) => member.kind === kind)?.stop();
  await stopOne('dashboard');
  await stopOne('scaler');
  await control?.close();
  await pool.stop();
  await stopOne('producer');
}
