// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runToEnd } from './child.mjs';
import { lastLines, SetupError } from './report.mjs';

/** @typedef {import('./resolve.mjs').Context} Context */

/** Settings of the npm command that runs us, not of the user who typed it; `npm ci` must not inherit them. */
const RUN_SETTINGS =
  /^npm_(lifecycle_|package_|command$|config_(local_prefix|workspaces?|include_workspace_root|if_present|json|silent|loglevel|dry_run|global|location|ignore_scripts|omit|include|production|only|also)$)/i;

const OLDEST_NODE = [20, 19];

/**
 * @param {string} version of Node, e.g. "20.19.0"
 * @returns {string | undefined} what to do, if it is too old
 */
export function nodeTooOld(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `Sluice needs Node ${OLDEST_NODE.join('.')} or newer, but this is ${version}: install the current LTS from nodejs.org, then run this again.`;
}

/**
 * Runs `npm ci` unless node_modules already matches the lockfile.
 * @param {Context} context
 */
export async function ensureDependencies({ repository, report }) {
  const lockfile = join(repository, 'package-lock.json');
  if (!existsSync(lockfile)) throw new SetupError(`${lockfile} is missing: this is not a complete clone.`);
  const stamp = join(repository, 'node_modules/.sluice-lock');
  const hash = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  if (!installedSince(repository, lockfile)) {
    const result = await report.step('installing the npm packages (npm ci)', () =>
      runNpm(repository, ['ci', '--include=dev', '--no-audit', '--no-fund']),
    );
    if (!result.ok) throw new SetupError(`npm ci failed:\n${lastLines(result.output)}`);
  }
  writeFileSync(stamp, hash);
}

/**
 * Runs npm as if a user had typed the command.
 * @param {string} repository
 * @param {string[]} args
 * @param {{ node?: string, npm?: string | undefined }} [other] Node.js and npm's script, to replace the running ones
 */
export function runNpm(repository, args, { node = process.execPath, npm } = {}) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !RUN_SETTINGS.test(name) && name !== 'NODE_ENV'),
  );
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const script = [npm, process.env.npm_execpath, beside].find(
    (path) => path?.endsWith('npm-cli.js') && existsSync(path),
  );
  const [command, before] = script === undefined ? ['npm', []] : [node, [script]];
  return runToEnd(command, [...before, ...args], { cwd: repository, env });
}

/**
 * npm writes this file at the end of every installation, including a manual one.
 * @param {string} repository
 * @param {string} lockfile
 */
function installedSince(repository, lockfile) {
  const installed = join(repository, 'node_modules/.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs;
}
