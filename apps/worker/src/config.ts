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

/** All that a worker process can be told. */
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
      "Where the Google Analytics Data API is, `https://host[:port]`; Google's own host when unset",
    ),
    credentialsFile: setting(
      'GA4_CREDENTIALS_FILE',
      optionalText(),
      'File with the JSON key of the Google service account that runs GA4 reports',
    ),
    credentials: setting('GA4_CREDENTIALS', optionalText(), 'The JSON key itself, in place of the file', {
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
      'Name of this process in the ledger, to which each start adds a part of its own; the host name when unset',
    ),
    heartbeatLastsMs: setting(
      'WORKER_HEARTBEAT_MS',
      wholeNumber(2_000, 60_000, 5_000),
      'A worker that was silent for so long is taken for dead and its slots go to others',
      { default: '5000' },
    ),
    slotLeaseMs: setting(
      'SLOT_LEASE_MS',
      wholeNumber(1_000, 60_000, 10_000),
      'A slot whose holder died or was cut off goes to another after so long',
      { default: '10000' },
    ),
    lockMs: setting(
      'JOB_LOCK_MS',
      wholeNumber(1_000, 600_000, 30_000),
      'A job whose worker died runs again after so long',
      { default: '30000' },
    ),
    stalledCheckMs: setting(
      'STALLED_CHECK_MS',
      wholeNumber(500, 600_000, 15_000),
      'How often a lane is looked at for jobs whose worker died, and for whatever no message told',
      { default: '15000' },
    ),
    blockedMs: setting(
      'WORKER_BLOCKED_MS',
      z
        .string()
        .regex(/^[1-9]\d{2,5}$/, 'must be a whole number from 100 to 999999')
        .transform(Number)
        .optional(),
      'A worker whose event loop stood still for so long is killed by its watchdog; 8000 when unset, or 80 % of a shorter `SLOT_LEASE_MS`',
    ),
    isolatedProcesses: setting(
      'ISOLATED_PROCESSES',
      wholeNumber(1, 1_000, 4),
      'Jobs that one worker runs in processes of their own at a time; others of that kind wait within it',
      { default: '4' },
    ),
    isolatedMemoryMb: setting(
      'ISOLATED_MEMORY_MB',
      wholeNumber(64, 65_536, 512),
      'Bound of the heap of a process that runs one job, in MB',
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
      'Jobs that one worker process runs at a time, over all tenants',
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
      'Connections to PostgreSQL, beside `DATABASE_POOL`, that jobs do their effects with (`ctx.once`)',
      { default: '5' },
    ),
    exportsDir: setting('EXPORTS_DIR', z.string().min(1).default('.sluice/exports'), 'Where exports are written', {
      default: '.sluice/exports',
    }),
  },
};

/** The configuration of a worker process. */
export type WorkerConfig = ReturnType<typeof loadWorkerConfig>;

/** How long the event loop may stand still where nothing is said, in ms; of a short lease, this part. */
const USUAL_BLOCKED_MS = 8_000;
const PART_OF_LEASE = 0.8;

/**
 * Reads a worker's configuration.
 * @throws ConfigurationError naming what cannot be used
 */
export function loadWorkerConfig(environment: Readonly<Record<string, string | undefined>>) {
  const config = loadConfig(workerSettings, environment);
  const { slotLeaseMs, blockedMs = Math.min(USUAL_BLOCKED_MS, slotLeaseMs * PART_OF_LEASE) } = config.worker;
  if (blockedMs >= slotLeaseMs) {
    throw new ConfigurationError(
      `Cannot start with this configuration:\n  WORKER_BLOCKED_MS is ${blockedMs}, which must be below SLOT_LEASE_MS (${slotLeaseMs}): a worker that stands still must be gone before its slots go to another.`,
    );
  }
  return { ...config, worker: { ...config.worker, blockedMs } };
}
