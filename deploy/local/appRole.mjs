// @ts-check
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The ordinary role that the fleet uses; row-level security does not apply to the superuser that owns the data. */
export const APP_ROLE = 'sluice_app';

/** The folder of the script that creates the role, shared with the compose file. */
export const APP_ROLE_FOLDER = fileURLToPath(new URL('../postgres/', import.meta.url));

/**
 * The statements that create the role, for `postgres --single`, which treats each line as a statement.
 * @param {string} password of letters, digits, "-" and "_"
 */
export function appRoleStatements(password) {
  const script = readFileSync(`${APP_ROLE_FOLDER}app_role.sql`, 'utf8');
  const lines = script.split('\n').filter((line) => !line.trimStart().startsWith('--'));
  return `SELECT set_config('sluice.app_password', '${password}', false)\n${lines.join(' ').trim()}\n`;
}
