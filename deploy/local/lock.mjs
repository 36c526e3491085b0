// @ts-check
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** @typedef {{ pid: number, startedAt: string }} ProcessIdentity a pid alone may have been reused by another program */

/** @typedef {{ kind: 'held', release: () => void } | { kind: 'taken', by: ProcessIdentity }} LockOutcome */

/**
 * Acquires a lock file for this process. Takes over a lock whose process has ended.
 * @param {string} path
 * @returns {LockOutcome}
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)), { mode: 0o644 });
  try {
    for (;;) {
      // Creating a link is atomic, so nobody ever reads a half-written lock.
      if (attempt(() => linkSync(mine, path), 'EEXIST'))
        return { kind: 'held', release: once(() => rmSync(path, { force: true })) };
      const by = lockHolder(path);
      if (by !== undefined && isSameProcess(by)) return { kind: 'taken', by };
      discardStale(path);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Releasing twice must not remove the next holder's lock. @param {() => void} act */
function once(act) {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/**
 * The process that holds or held a lock.
 * @param {string} path
 * @returns {ProcessIdentity | undefined} undefined when there is no such file
 */
export function lockHolder(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {number} pid
 * @returns {ProcessIdentity | undefined} undefined when there is no such process
 */
export function identify(pid) {
  try {
    if (process.platform === 'linux') {
      // Field 22 of stat, counted after the command's closing bracket: start time in ticks since boot, proc(5).
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] === 'Z') return undefined;
      return { pid, startedAt: String(fields[19]) };
    }
    const stdio = /** @type {const} */ (['ignore', 'pipe', 'ignore']);
    const startedAt = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: [...stdio],
    }).trim();
    return startedAt === '' ? undefined : { pid, startedAt };
  } catch {
    return undefined;
  }
}

/**
 * Whether exactly that process still runs.
 * @param {ProcessIdentity} known
 */
export function isSameProcess(known) {
  return identify(known.pid)?.startedAt === known.startedAt;
}

/**
 * Moves a dead process's lock aside; if another run was faster and this is its new lock, restores it.
 * @param {string} path
 */
function discardStale(path) {
  const aside = `${path}.${process.pid}.stale`;
  if (!attempt(() => renameSync(path, aside), 'ENOENT')) return;
  const holder = lockHolder(aside);
  if (holder !== undefined && isSameProcess(holder)) attempt(() => linkSync(aside, path), 'EEXIST');
  rmSync(aside, { force: true });
}

/**
 * @param {() => void} act
 * @param {string} expectedCode the error code that only means that another process was faster
 */
function attempt(act, expectedCode) {
  try {
    act();
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === expectedCode) return false;
    throw error;
  }
}
