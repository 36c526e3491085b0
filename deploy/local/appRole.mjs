// @ts-check
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The ordinary role that the fleet works as; row-level security does not hold the superuser that made the data. */
export const APP_ROLE = 'sluice_app';

/** The folder of the script that makes it, shared with the compose file. */
export const APP_ROLE_FOLDER = fileURLToPath(new URL('../postgres/', import.meta.url));

/**
 * What makes the role, for `postgres --single`, which takes a line for a statement.
 * @param {string} password of letters, digits, "-" and "_"
 */
export function appRoleStatements(password) {
  const script = readFileSync(`${APP_ROLE_FOLDER}app_role.sql`, 'utf8');
  const lines = script.split('\n').filter((line) => !line.trimStart().startsWith('--'));
  return `SELECT set_config('sluice.app_password', '${password}', false)\n${lines.join(' ').trim()}\n`;
}
