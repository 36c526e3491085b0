import { writeSync } from 'node:fs';
import { ConfigurationError } from '../errors/configurationError.js';

/** Loads the configuration. When it is invalid, prints why on standard error and exits with code 1. */
export function loadOrExit<Config>(load: () => Config): Config {
  try {
    return load();
  } catch (error) {
    return exitFor(error);
  }
}

/** As {@link loadOrExit}, for asynchronous loading, such as of modules. */
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
