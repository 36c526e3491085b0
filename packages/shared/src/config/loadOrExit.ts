import { writeSync } from 'node:fs';
import { ConfigurationError } from '../errors/configurationError.js';

/** Runs what reads the configuration; when it cannot be used, says so in plain words on standard error and exits 1. */
export function loadOrExit<Config>(load: () => Config): Config {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    writeSync(2, `${error.message}\n`);
    process.exit(1);
  }
}
