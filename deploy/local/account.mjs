// @ts-check
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lchownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { SetupError } from './report.mjs';

/** @typedef {{ uid: number, gid: number }} Account */

const OUTSIDE = '/var/lib/sluice';

/**
 * The account that PostgreSQL runs under: it refuses to run as root, so as root this is the owner of existing data,
 * else `nobody`.
 * @param {string} data the data directory
 * @returns {Account | undefined} undefined for this process's own
 */
export function postgresAccount(data) {
  if (process.getuid?.() !== 0) return undefined;
  const owner = existsSync(data) ? statSync(data) : undefined;
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout));
  if (uid === undefined || gid === undefined || !(uid > 0)) {
    throw new SetupError(
      'PostgreSQL cannot run as root and the account `nobody` does not exist: run this as another user.',
    );
  }
  return { uid, gid };
}

/**
 * Whether an account may enter a directory or run a program; the system checks it, since it knows all the rules.
 * @param {Account | undefined} account
 * @param {string} path
 */
export function canReach(account, path) {
  if (account === undefined) return true;
  return spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { ...account, cwd: '/' }).status === 0;
}

/**
 * The equivalent place outside a home that the account cannot enter, such as one below /root.
 * @param {string} home SLUICE_HOME
 * @param {string} dir a directory in it
 */
export function outsideOf(home, dir) {
  const tag = createHash('sha256').update(home).digest('hex').slice(0, 12);
  return join(OUTSIDE, tag, relative(home, dir));
}

/**
 * Where to copy PostgreSQL's programs when the account cannot reach them.
 * @param {string} native the folder that holds bin, lib and share
 * @param {string} version
 */
export function outsideCopyOf(native, version) {
  const tag = createHash('sha256').update(native).digest('hex').slice(0, 12);
  return join(OUTSIDE, 'tools', `postgres-${version}-${tag}`, basename(native));
}

/**
 * Creates a directory and its missing parents. Every account can traverse those owned by root, whatever the umask:
 * secrets have their own mode.
 * @param {string} dir
 */
export function makePassage(dir) {
  const isRoot = process.getuid?.() === 0;
  const first = mkdirSync(dir, { recursive: true, mode: isRoot ? 0o711 : 0o700 });
  if (first === undefined || !isRoot) return;
  for (let made = dir; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o711);
}

/**
 * Creates a directory that only the account may read.
 * @param {string} dir
 * @param {Account | undefined} account
 */
export function makePrivateDir(dir, account) {
  makePassage(dir);
  chmodSync(dir, 0o700);
  if (account !== undefined) giveTo(account, dir);
}

/**
 * Changes the owner of a directory and its contents to an account.
 * @param {Account} account
 * @param {string} path
 */
export function giveTo(account, path) {
  lchownSync(path, account.uid, account.gid);
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isDirectory) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) giveTo(account, inner);
    else lchownSync(inner, account.uid, account.gid);
  }
}
