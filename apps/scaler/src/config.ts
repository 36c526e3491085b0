import {
  logSettings,
  opsSettings,
  postgresSettings,
  redisSettings,
  shutdownSettings,
  slotSettings,
} from '@sluice/shared/config/fragments';
import type { Loaded } from '@sluice/shared/config/setting';
import { loadConfig, setting } from '@sluice/shared/config/setting';
import { wholeNumber } from '@sluice/shared/config/values';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { assertReplicaConfig, replicaSettings } from './replicas/replicaSettings.js';

/** All that a scaler process can be told. */
export const scalerSettings = {
  redis: redisSettings,
  postgres: postgresSettings,
  log: logSettings,
  ops: opsSettings,
  shutdown: shutdownSettings,
  slot: slotSettings,
  scaler: {
    intervalMs: setting(
      'SCALER_INTERVAL_MS',
      wholeNumber(100, 3_600_000, 30_000),
      'How often every tenant is looked at; tenants that get jobs are looked at in between as well, but only to grow',
      { default: '30000' },
    ),
    minSlots: setting('SCALER_MIN_SLOTS', wholeNumber(1, 1_000, 1), 'Slots of a tenant at least', { default: '1' }),
    maxSlots: setting('SCALER_MAX_SLOTS', wholeNumber(1, 1_000, 5), 'Slots of a tenant at most', { default: '5' }),
    jobsPerSlot: setting(
      'SCALER_JOBS_PER_SLOT',
      wholeNumber(1, 1_000_000, 10),
      'A tenant grows when more jobs wait per slot than this, and shrinks when fewer do',
      { default: '10' },
    ),
  },
  replicas: replicaSettings,
};

/** The configuration of a scaler process. */
export type ScalerConfig = Loaded<typeof scalerSettings>;

/**
 * Reads the configuration.
 * @throws ConfigurationError when a setting cannot be used, or two contradict each other
 */
export function loadScalerConfig(environment: Readonly<Record<string, string | undefined>>): ScalerConfig {
  const config = loadConfig(scalerSettings, environment);
  const { minSlots, maxSlots } = config.scaler;
  if (minSlots > maxSlots) {
    throw new ConfigurationError(
      `SCALER_MIN_SLOTS is ${minSlots} and SCALER_MAX_SLOTS is ${maxSlots}: a tenant cannot have at least ${minSlots} ` +
        `and at most ${maxSlots} slots. Lower the first or raise the second.`,
    );
  }
  assertReplicaConfig(config.replicas);
  return config;
}
