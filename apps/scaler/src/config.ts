import {
  clockSettings,
  logSettings,
  memorySettings,
  opsSettings,
  postgresSettings,
  redisSettings,
  shutdownSettings,
  slotSettings,
  taskSettings,
} from '@sluice/shared/config/fragments';
import type { Loaded } from '@sluice/shared/config/setting';
import { loadConfig, setting } from '@sluice/shared/config/setting';
import { oneOf, tenantIds, wholeNumber } from '@sluice/shared/config/values';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { ScalingSettings } from './domain/scaling/decideSlots.js';
import { POLICY_NAMES } from './domain/scaling/policy.js';
import { assertReplicaConfig, replicaSettings } from './replicas/replicaSettings.js';

/** Every setting of the scaler. */
export const scalerSettings = {
  redis: redisSettings,
  memory: memorySettings,
  postgres: postgresSettings,
  log: logSettings,
  ops: opsSettings,
  shutdown: shutdownSettings,
  slot: slotSettings,
  clock: clockSettings,
  tasks: taskSettings,
  scaler: {
    intervalMs: setting(
      'SCALER_INTERVAL_MS',
      wholeNumber(100, 3_600_000, 30_000),
      'How often the slots of every tenant are decided; tenants that get jobs can grow in between',
      { default: '30000' },
    ),
    minSlots: setting('SCALER_MIN_SLOTS', wholeNumber(1, 1_000, 1), 'Minimum slots of a tenant', { default: '1' }),
    maxSlots: setting('SCALER_MAX_SLOTS', wholeNumber(1, 1_000, 5), 'Maximum slots of a tenant', { default: '5' }),
    jobsPerSlot: setting(
      'SCALER_JOBS_PER_SLOT',
      wholeNumber(1, 1_000_000, 10),
      'Waiting jobs per slot above which a tenant grows, and below which it shrinks',
      { default: '10' },
    ),
    policy: setting(
      'SCALER_POLICY',
      oneOf(POLICY_NAMES, 'queue-length'),
      '`queue-length`: by waiting jobs per slot; `wait-target`: by arrival rate and service time',
      { default: 'queue-length' },
    ),
    drainTargetMs: setting(
      'SCALER_DRAIN_TARGET_MS',
      wholeNumber(1_000, 86_400_000, 60_000),
      'For `wait-target`: the time within which all waiting jobs should start',
      { default: '60000' },
    ),
    stabilisationMs: setting(
      'SCALER_STABILISATION_MS',
      wholeNumber(0, 3_600_000, 60_000),
      'Stabilisation window: a tenant shrinks only to the highest count recommended within this time; 0 shrinks at once',
      { default: '60000' },
    ),
    retireAfterMs: setting(
      'LANE_RETIRE_AFTER_MS',
      wholeNumber(10_000, 31_536_000_000, 604_800_000),
      'An empty lane to which nothing was added for this long is retired until it is used again',
      { default: '604800000' },
    ),
  },
  replicas: replicaSettings,
  metrics: {
    tenants: setting(
      'METRICS_TENANTS',
      tenantIds(),
      'Tenants, separated by commas, that always have their own metric series',
    ),
    topTenants: setting(
      'METRICS_TOP_TENANTS',
      wholeNumber(0, 1_000, 20),
      'How many more tenants, the busiest, have their own metric series; the rest are counted as `other`',
      { default: '20' },
    ),
  },
};

/** The configuration of a scaler process. */
export type ScalerConfig = Loaded<typeof scalerSettings>;

/**
 * Reads the configuration.
 * @throws ConfigurationError when a setting is invalid, or two contradict each other
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

/** The policy that decides slots, and how slowly they shrink. */
export function scalingSettingsOf({ scaler, slot }: Pick<ScalerConfig, 'scaler' | 'slot'>): ScalingSettings {
  const { policy, minSlots, maxSlots, jobsPerSlot, drainTargetMs, stabilisationMs } = scaler;
  const common = { minSlots, maxSlots, jobsPerSlot, slotConcurrency: slot.concurrency };
  if (policy === 'queue-length') return { policy: { kind: policy, ...common }, stabilisationMs };
  return { policy: { kind: policy, ...common, drainTargetSeconds: drainTargetMs / 1_000 }, stabilisationMs };
}
