import { postgresSettings } from '@sluice/shared/config/fragments';
import type { SettingTree } from '@sluice/shared/config/setting';
import { dashboardSettings } from '../../apps/dashboard/src/config.js';
import { producerSettings } from '../../apps/producer/src/config.js';
import { scalerSettings } from '../../apps/scaler/src/config.js';
import { workerSettings } from '../../apps/worker/src/config.js';

/** Every setting of every process that can be started, by the name of the process. */
export const PROCESS_SETTINGS = {
  producer: producerSettings,
  worker: workerSettings,
  scaler: scalerSettings,
  dashboard: dashboardSettings,
  migrate: postgresSettings,
} as const satisfies Record<string, SettingTree>;

/** Name of a process that can be started. */
export type ProcessName = keyof typeof PROCESS_SETTINGS;

/** Names of the processes in the order in which the documentation tells of them. */
export const PROCESS_NAMES = Object.keys(PROCESS_SETTINGS) as ProcessName[];
