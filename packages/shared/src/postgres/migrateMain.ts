import { postgresSettings } from '../config/fragments.js';
import { loadOrExit } from '../config/loadOrExit.js';
import { loadConfig } from '../config/setting.js';
import { createLogger } from '../telemetry/logger.js';
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
