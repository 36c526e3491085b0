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
  log.info({}, 'the ledger is up to date');
} catch (err) {
  log.error({ err }, 'the ledger could not be brought up to date');
  process.exitCode = 1;
}
