import { postgresSettings } from '../config/fragments.js';
import { loadConfig } from '../config/setting.js';
import { createLogger } from '../telemetry/logger.js';
import { migrateLedger } from './migrate.js';

const log = createLogger('migrate', { level: 'info' });
try {
  await migrateLedger(loadConfig(postgresSettings, process.env));
  log.info({}, 'the ledger is up to date');
} catch (err) {
  log.error({ err }, 'the ledger could not be brought up to date');
  process.exitCode = 1;
}
