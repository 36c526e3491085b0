import {
  logSettings,
  networkSettings,
  opsSettings,
  postgresSettings,
  redisSettings,
  shutdownSettings,
  slotSettings,
} from '@sluice/shared/config/fragments';
import type { Loaded } from '@sluice/shared/config/setting';
import { setting } from '@sluice/shared/config/setting';
import { tracingSettings } from '@sluice/shared/config/tracingSettings';
import { optionalText, optionalUrlOf, wholeNumber } from '@sluice/shared/config/values';
import { z } from 'zod';

/** All that a worker process can be told. */
export const workerSettings = {
  redis: redisSettings,
  postgres: postgresSettings,
  log: logSettings,
  ops: opsSettings,
  shutdown: shutdownSettings,
  network: networkSettings,
  slot: slotSettings,
  tracing: tracingSettings,
  ga4: {
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
  worker: {
    id: setting('WORKER_ID', optionalText(), 'Name of this process in the ledger; made up when unset'),
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
    concurrency: setting(
      'WORKER_CONCURRENCY',
      wholeNumber(1, 1_000, 50),
      'Jobs that one worker process runs at a time, over all tenants',
      { default: '50' },
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
export type WorkerConfig = Loaded<typeof workerSettings>;
