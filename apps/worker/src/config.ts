import {
  circuitSettings,
  clockSettings,
  ga4PropertySettings,
  logSettings,
  networkSettings,
  opsSettings,
  postgresSettings,
  redisSettings,
  rehearsalSettings,
  shutdownSettings,
  slotSettings,
  taskSettings,
} from '@sluice/shared/config/fragments';
import { loadConfig, setting } from '@sluice/shared/config/setting';
import { commaSeparated, optionalText, optionalUrlOf, wholeNumber } from '@sluice/shared/config/values';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { tracingSettings } from '@sluice/tracing/tracingSettings';
import { z } from 'zod';

/** Every setting of the worker. */
export const workerSettings = {
  redis: redisSettings,
  postgres: postgresSettings,
  log: logSettings,
  ops: opsSettings,
  shutdown: shutdownSettings,
  network: networkSettings,
  tracing: tracingSettings,
  ga4: {
    ...ga4PropertySettings,
    endpoint: setting(
      'GA4_ENDPOINT',
      optionalUrlOf('https', 'http'),
      "URL of the Google Analytics Data API, `https://host[:port]`; Google's own when unset",
    ),
    credentialsFile: setting(
      'GA4_CREDENTIALS_FILE',
      optionalText(),
      'File with the JSON key of the Google service account that runs GA4 reports',
    ),
    credentials: setting('GA4_CREDENTIALS', optionalText(), 'The JSON key itself, instead of the file', {
      secret: true,
    }),
  },
  slot: slotSettings,
  tasks: taskSettings,
  rehearsal: rehearsalSettings,
  clock: clockSettings,
  circuit: circuitSettings,
  worker: {
    id: setting(
      'WORKER_ID',
      optionalText(),
      'Name of this process in the ledger, with a suffix that is new on each start; the host name when unset',
    ),
    heartbeatLastsMs: setting(
      'WORKER_HEARTBEAT_MS',
      wholeNumber(2_000, 60_000, 5_000),
      'A worker that sent no heartbeat for this long counts as dead, and other workers take over its slots',
      { default: '5000' },
    ),
    slotLeaseMs: setting(
      'SLOT_LEASE_MS',
      wholeNumber(1_000, 60_000, 10_000),
      'Time after which the slot of a worker that died or was cut off goes to another worker',
      { default: '10000' },
    ),
    lockMs: setting(
      'JOB_LOCK_MS',
      wholeNumber(1_000, 600_000, 30_000),
      'Time after which a job whose worker died runs again',
      { default: '30000' },
    ),
    stalledCheckMs: setting(
      'STALLED_CHECK_MS',
      wholeNumber(500, 600_000, 15_000),
      'How often lanes are checked for jobs whose worker died and for work whose wake-up message was lost',
      { default: '15000' },
    ),
    blockedMs: setting(
      'WORKER_BLOCKED_MS',
      z
        .string()
        .regex(/^[1-9]\d{2,5}$/, 'must be a whole number from 100 to 999999')
        .transform(Number)
        .optional(),
      'The watchdog kills a worker whose event loop was blocked for this long; 8000 when unset, or 80 % of `SLOT_LEASE_MS` if that is less',
    ),
    isolatedProcesses: setting(
      'ISOLATED_PROCESSES',
      wholeNumber(1, 1_000, 4),
      'Maximum jobs that one worker runs in their own processes at a time; further ones wait in the worker',
      { default: '4' },
    ),
    isolatedMemoryMb: setting(
      'ISOLATED_MEMORY_MB',
      wholeNumber(64, 65_536, 512),
      'Heap limit of a process that runs one job, in MB',
      { default: '512' },
    ),
    isolatedEnvironment: setting(
      'ISOLATED_ENVIRONMENT',
      commaSeparated(),
      'Names of environment variables, joined by commas, that processes of one job get beside PATH, HOME, TZ, the locale and certificates: for tasks of your own',
    ),
    concurrency: setting(
      'WORKER_CONCURRENCY',
      wholeNumber(1, 1_000, 50),
      'Maximum jobs that one worker process runs at a time, over all tenants',
      { default: '50' },
    ),
    unknownTaskPatienceMs: setting(
      'UNKNOWN_TASK_PATIENCE_MS',
      wholeNumber(0, 604_800_000, 600_000),
      'How long a job whose task no worker knows, or whose data its worker refuses, is put back before it is dead-lettered; covers rolling deploys',
      { default: '600000' },
    ),
    effectsPool: setting(
      'EFFECTS_POOL',
      wholeNumber(1, 100, 5),
      'Connections to PostgreSQL for the effects of jobs (`ctx.once`), in addition to `DATABASE_POOL`',
      { default: '5' },
    ),
    exportsDir: setting('EXPORTS_DIR', z.string().min(1).default('.sluice/exports'), 'Folder for exports', {
      default: '.sluice/exports',
    }),
  },
};

/** The configuration of a worker process. */
export type WorkerConfig = ReturnType<typeof loadWorkerConfig>;

/** Default limit of a blocked event loop, in ms; for a short lease, this fraction of it. */
const USUAL_BLOCKED_MS = 8_000;
const PART_OF_LEASE = 0.8;

/**
 * Reads a worker's configuration.
 * @throws ConfigurationError naming every invalid setting
 */
export function loadWorkerConfig(environment: Readonly<Record<string, string | undefined>>) {
  const config = loadConfig(workerSettings, environment);
  const { slotLeaseMs, blockedMs = Math.min(USUAL_BLOCKED_MS, slotLeaseMs * PART_OF_LEASE) } = config.worker;
  if (blockedMs >= slotLeaseMs) {
    throw new ConfigurationError(
      `Invalid configuration:\n  WORKER_BLOCKED_MS is ${blockedMs}, which must be below SLOT_LEASE_MS (${slotLeaseMs}): a blocked worker must be killed before another worker takes over its slots.`,
    );
  }
  return { ...config, worker: { ...config.worker, blockedMs } };
}
