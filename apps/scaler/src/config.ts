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

/** All that a scaler process can be told. */
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
    policy: setting(
      'SCALER_POLICY',
      oneOf(POLICY_NAMES, 'queue-length'),
      '`queue-length`: by the jobs that wait per slot; `wait-target`: by how fast jobs arrive and how long they take',
      { default: 'queue-length' },
    ),
    drainTargetMs: setting(
      'SCALER_DRAIN_TARGET_MS',
      wholeNumber(1_000, 86_400_000, 60_000),
      'For `wait-target`: within this time the jobs that wait shall have been started',
      { default: '60000' },
    ),
    stabilisationMs: setting(
      'SCALER_STABILISATION_MS',
      wholeNumber(0, 3_600_000, 60_000),
      'A tenant shrinks no further than to the highest count that was wanted within this time; 0 shrinks at once',
      { default: '60000' },
    ),
    retireAfterMs: setting(
      'LANE_RETIRE_AFTER_MS',
      wholeNumber(10_000, 31_536_000_000, 604_800_000),
      'A lane that nothing was added to for this long and that holds no job is forgotten until it is used again',
      { default: '604800000' },
    ),
  },
  replicas: replicaSettings,
  metrics: {
    tenants: setting('METRICS_TENANTS', tenantIds(), 'Tenants, joined by commas, that metrics name whatever they do'),
    topTenants: setting(
      'METRICS_TOP_TENANTS',
      wholeNumber(0, 1_000, 20),
      'How many more tenants metrics name, the busiest; what the rest do counts as `other`',
      { default: '20' },
    ),
  },
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

/** By which rule slots are decided, and how slowly they shrink. */
export function scalingSettingsOf({ scaler, slot }: Pick<ScalerConfig, 'scaler' | 'slot'>): ScalingSettings {
  const { policy, minSlots, maxSlots, jobsPerSlot, drainTargetMs, stabilisationMs } = scaler;
  const common = { minSlots, maxSlots, jobsPerSlot, slotConcurrency: slot.concurrency };
  if (policy === 'queue-length') return { policy: { kind: policy, ...common }, stabilisationMs };
  return { policy: { kind: policy, ...common, drainTargetSeconds: drainTargetMs / 1_000 }, stabilisationMs };
}
