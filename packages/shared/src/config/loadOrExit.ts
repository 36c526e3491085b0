import { writeSync } from 'node:fs';
import { ConfigurationError } from '../errors/configurationError.js';

/** Loads the configuration. When it is invalid, explains why on standard error and exits 1. */
export function loadOrExit<Config>(load: () => Config): Config {
  try {
    return load();
  } catch (error) {
    return exitFor(error);
  }
}

/** As {@link loadOrExit}, for what is loaded asynchronously, such as modules. */
export async function loadOrExitAsync<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await load();
  } catch (error) {
    return exitFor(error);
  }
}

function exitFor(error: unknown): never {
  if (!(error instanceof ConfigurationError)) throw error;
  writeSync(2, `${error.message}\n`);
  process.exit(1);
}
