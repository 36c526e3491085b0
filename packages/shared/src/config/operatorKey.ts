import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../errors/configurationError.js';

/**
 * The operator key, from its variable or file.
 * @throws ConfigurationError when it is missing, unreadable or shorter than 20 characters
 */
export function readOperatorKey(from: {
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
}): string {
  const key = from.key ?? (from.keyFile === undefined ? undefined : readKeyFile(from.keyFile));
  if (key === undefined) {
    throw new ConfigurationError(
      'Set SLUICE_OPERATOR_KEY, or SLUICE_OPERATOR_KEY_FILE to the path of a file with the key.',
    );
  }
  if (key.length < 20) throw new ConfigurationError('The operator key must be at least 20 characters long.');
  return key;
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new ConfigurationError(`SLUICE_OPERATOR_KEY_FILE: cannot read ${path}.`, { cause });
  }
}
