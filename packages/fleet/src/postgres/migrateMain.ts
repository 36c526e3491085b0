#!/usr/bin/env node
import { postgresSettings } from '@sluice/shared/config/fragments';
import { loadOrExit } from '@sluice/shared/config/loadOrExit';
import { loadConfig } from '@sluice/shared/config/setting';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { migrateLedger } from './migrate.js';

const config = loadOrExit(() => loadConfig(postgresSettings, process.env));
const log = createLogger('migrate', { level: 'info' });
try {
  await migrateLedger(config);
  log.info({ component: 'migrations', event: 'ledger_migrated' }, 'the ledger is up to date');
} catch (err) {
  log.error({ component: 'migrations', event: 'migration_failed', err }, 'failed to migrate the ledger');
  process.exitCode = 1;
}
