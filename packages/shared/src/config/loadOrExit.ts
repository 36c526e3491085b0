import { writeSync } from 'node:fs';
import { ConfigurationError } from '../errors/configurationError.js';

/** Loads the configuration. When it is invalid, explains why on standard error and exits 1. */
export function loadOrExit<Config>(load: () => Config): Config {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    writeSync(2, `${error.message}\n`);
    process.exit(1);
  }
}
