import {
  logSettings,
  operatorSettings,
  opsSettings,
  redisSettings,
  shutdownSettings,
} from '@sluice/shared/config/fragments';
import { readOperatorKey } from '@sluice/shared/config/operatorKey';
import type { Loaded } from '@sluice/shared/config/setting';
import { loadConfig, setting } from '@sluice/shared/config/setting';
import { wholeNumber, yesOrNo } from '@sluice/shared/config/values';
import { trustedProxies } from './http/trustedProxies.js';

/** Every setting of the dashboard. */
export const dashboardSettings = {
  log: logSettings,
  redis: redisSettings,
  operator: operatorSettings,
  shutdown: shutdownSettings,
  server: {
    host: opsSettings.host,
    port: setting('DASHBOARD_PORT', wholeNumber(0, 65_535, 3_001), 'Port of the dashboard; 0 picks a free one', {
      default: '3001',
    }),
    trustProxy: setting(
      'TRUST_PROXY',
      trustedProxies(),
      'Proxies whose X-Forwarded headers are trusted: `false`, or addresses and ranges such as `10.0.0.0/8,loopback`',
      { default: 'false' },
    ),
  },
  board: {
    showPayloads: setting(
      'DASHBOARD_SHOW_PAYLOADS',
      yesOrNo(false),
      'Show the data, results and error messages of jobs to every logged-in user',
      { default: 'false' },
    ),
    allowActions: setting(
      'DASHBOARD_ALLOW_ACTIONS',
      yesOrNo(false),
      "Allow Bull Board's actions. They change queues but not the ledger, which is authoritative: prefer the HTTP API",
      { default: 'false' },
    ),
    maxLanes: setting(
      'DASHBOARD_MAX_QUEUES',
      wholeNumber(1, 5_000, 500),
      'Maximum lanes on the page, those that hold jobs first',
      { default: '500' },
    ),
  },
};

/** The dashboard's configuration, with the operator key read. */
export type DashboardConfig = Loaded<typeof dashboardSettings> & { readonly operatorKey: string };

/**
 * Reads the configuration.
 * @throws ConfigurationError naming every invalid setting
 */
export function loadDashboardConfig(environment: Readonly<Record<string, string | undefined>>): DashboardConfig {
  const config = loadConfig(dashboardSettings, environment);
  return { ...config, operatorKey: readOperatorKey(config.operator) };
}
