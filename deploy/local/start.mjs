// @ts-check
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkPort } from './probe.mjs';
import { SetupError } from './report.mjs';
import { keepSecret } from './secrets.mjs';
import { startFleet } from './startFleet.mjs';

/** Default maximum of workers: one per core, but no more than this. */
const MOST_WORKERS_UNASKED = 4;

/**
 * Reads the settings of `npm start`; rejects invalid ones with an explanation.
 * @param {NodeJS.ProcessEnv} env
 */
export function readStartSettings(env) {
  const whole = (
    /** @type {string} */ name,
    /** @type {number} */ fallback,
    /** @type {number} */ least,
    /** @type {number} */ most,
  ) => {
    const value = env[name] === undefined || env[name] === '' ? fallback : Number(env[name]);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new SetupError(`${name} is ${env[name]} and must be a whole number from ${least} to ${most}.`);
  };
  const workers = whole('SLUICE_WORKERS', 1, 1, 64);
  const mostByDefault = Math.max(workers, Math.min(MOST_WORKERS_UNASKED, availableParallelism()));
  return {
    host: env.HOST || '127.0.0.1',
    port: whole('PORT', 3000, 0, 65_535),
    dashboardPort: whole('DASHBOARD_PORT', 3001, 0, 65_535),
    workers,
    maxWorkers: whole('SLUICE_MAX_WORKERS', mostByDefault, workers, 64),
  };
}

/**
 * Rejects ports that are in use and explains how to choose others.
 * @param {ReturnType<typeof readStartSettings>} settings
 */
export async function refuseTakenPorts({ host, port, dashboardPort }) {
  if (port !== 0 && port === dashboardPort)
    throw new SetupError(`PORT and DASHBOARD_PORT are both ${port}: choose another for one of them.`);
  for (const [name, value] of /** @type {const} */ ([
    ['PORT', port],
    ['DASHBOARD_PORT', dashboardPort],
  ])) {
    const outcome = await checkPort(host, value);
    if (outcome.kind === 'free') continue;
    const why = outcome.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${outcome.code})`;
    throw new SetupError(`Port ${value} of ${host} ${why}. Choose another: ${name}=${value + 100} npm start`);
  }
}

/**
 * Starts the fleet and prints its URLs; resolves when it is ready.
 * @param {import('./resolve.mjs').Context} context
 * @param {import('./releases.mjs').Releases} releases
 * @param {import('./servers.mjs').ServerUrls} urls
 */
export async function startForeground({ env, home, repository, report }, releases, urls) {
  const { host, port, dashboardPort, workers, maxWorkers } = readStartSettings(env);
  const keyFile = env.SLUICE_OPERATOR_KEY_FILE || keepOperatorKey(home);
  const logDir = join(home, 'logs');
  const fleet = await report.step(
    `starting producer, ${workers} worker${workers > 1 ? 's' : ''}, scaler and dashboard`,
    () =>
      startFleet({
        env: {
          ...urls,
          SLUICE_OPERATOR_KEY_FILE: keyFile,
          EXPORTS_DIR: env.EXPORTS_DIR || join(home, 'exports'),
          HOST: host,
          PORT: String(port),
          DASHBOARD_PORT: String(dashboardPort),
        },
        logDir,
        workers,
        maxWorkers,
        repository,
        show: report.line,
        onStop: (stop) => releases.add('the fleet', stop),
      }),
  );
  const rows = [
    ['API', fleet.url('producer')],
    ['Dashboard', fleet.url('dashboard')],
    ['Workers', maxWorkers > workers ? `${workers}, and up to ${maxWorkers} under load` : String(workers)],
    ['Operator key', `in ${keyFile}`],
    ['Logs', `in ${logDir}`],
  ];
  process.stdout.write(`\n${rows.map(([name = '', value]) => `  ${name.padEnd(14)}${value}`).join('\n')}\n\nready\n`);
}

/** The credential of the fleet's operator: created once, then kept. @param {string} home @returns {string} its file */
export function keepOperatorKey(home) {
  const file = join(home, 'operator-key');
  keepSecret(file, () => `slk_${randomBytes(32).toString('base64url')}`);
  return file;
}
