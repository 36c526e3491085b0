// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './child.mjs';
import { MIGRATE, PROCESSES } from './processes.mjs';
import { lastLines, SetupError } from './report.mjs';
import { supervise } from './supervise.mjs';

/** @typedef {import('./processes.mjs').ProcessName} ProcessName */
/** @typedef {{ name: string, kind: ProcessName, pid: () => number | undefined, url: () => string | undefined, logFile: string }} FleetMember */
/** @typedef {{ processes: FleetMember[], url: (kind: ProcessName) => string | undefined, stop: () => Promise<void> }} Fleet */

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Starts a whole fleet as in production, each part its own process: migrations, then producer, workers, scaler and
 * dashboard; resolves when all say that they are ready. A failed start stops what had started and throws a
 * SetupError with the last lines of the process that failed.
 * @param {{
 *   env: Record<string, string>, logDir: string, workers?: number, restarts?: boolean, repository?: string,
 *   show?: (line: string) => void, onStop?: (stop: () => Promise<void>) => void,
 * }} options env: beside this process's own: REDIS_URL, DATABASE_URL, SLUICE_OPERATOR_KEY_FILE, PORT, DASHBOARD_PORT, ...;
 *   restarts: start a process again that ended (default); show: gets warnings, one line each; onStop: gets the stop
 *   before anything starts, for a caller that may be interrupted
 * @returns {Promise<Fleet>}
 */
export async function startFleet(options) {
  const { logDir, workers = 1, restarts = true, repository = REPOSITORY, show = () => undefined, onStop } = options;
  const env = { ...process.env, OPS_PORT: '0', ...options.env };
  const members = planFleet(workers).map(({ name, kind }) => ({
    kind,
    ...supervise({
      name,
      argv: PROCESSES[kind],
      cwd: repository,
      env,
      logFile: join(logDir, `${name}.log`),
      restarts,
      show,
    }),
  }));
  /** @type {Promise<void> | undefined} */
  let stopping;
  const stop = () => (stopping ??= stopInReverse(members));
  onStop?.(stop);

  await migrate(repository, env, logDir);
  try {
    await Promise.all(members.map((member) => member.start()));
  } catch (error) {
    await stop();
    throw new SetupError(/** @type {Error} */ (error).message);
  }
  return { processes: members, url: (kind) => members.find((member) => member.kind === kind)?.url(), stop };
}

/**
 * The processes of a fleet in the order of their start.
 * @param {number} workers
 * @returns {{ name: string, kind: ProcessName }[]}
 */
export function planFleet(workers) {
  return /** @type {ProcessName[]} */ (Object.keys(PROCESSES)).flatMap((kind) =>
    Array.from({ length: kind === 'worker' ? workers : 1 }, (_, index) => {
      return { name: kind === 'worker' ? `${kind}-${index + 1}` : kind, kind };
    }),
  );
}

/** @param {string} repository @param {NodeJS.ProcessEnv} env @param {string} logDir */
async function migrate(repository, env, logDir) {
  const result = await runToEnd(process.execPath, MIGRATE, { cwd: repository, env });
  mkdirSync(logDir, { recursive: true });
  writeFileSync(join(logDir, 'migrate.log'), result.output, { mode: 0o600 });
  if (!result.ok) throw new SetupError(`The database could not be brought up to date:\n${lastLines(result.output)}`);
}

/** Dashboard and scaler first, then the workers all at once, the producer last. @param {(import('./supervise.mjs').Supervised & { kind: ProcessName })[]} members */
async function stopInReverse(members) {
  for (const kind of Object.keys(PROCESSES).reverse()) {
    await Promise.all(members.filter((member) => member.kind === kind).map((member) => member.stop()));
  }
}
