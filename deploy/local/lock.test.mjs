// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify, isSameProcess, lockHolder, tryLock } from './lock.mjs';

describe('tryLock', () => {
  /** @type {string} */
  let dir;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('is refused while a living process holds it, and says which', () => {
    const path = join(dir, 'lock');
    expect(tryLock(path).kind).toBe('held');
    expect(tryLock(path)).toEqual({ kind: 'taken', by: identify(process.pid) });
  });

  it('takes over the lock of a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
    const holder = identify(Number(child.pid));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const path = join(dir, 'lock');
    writeFileSync(path, JSON.stringify(holder));
    expect(tryLock(path).kind).toBe('held');
    expect(lockHolder(path)).toEqual(identify(process.pid));
  });

  it('takes over the lock of a pid that now belongs to another program', () => {
    const path = join(dir, 'lock');
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));
    expect(tryLock(path).kind).toBe('held');
  });

  it('released twice, it does not take the lock of the next holder away', () => {
    const path = join(dir, 'lock');
    const first = tryLock(path);
    if (first.kind === 'held') first.release();
    tryLock(path);
    if (first.kind === 'held') first.release();
    expect(existsSync(path)).toBe(true);
  });
});

it('isSameProcess knows a pid that was given to another process', () => {
  expect(isSameProcess(/** @type {import('./lock.mjs').ProcessIdentity} */ (identify(process.pid)))).toBe(true);
  expect(isSameProcess({ pid: process.pid, startedAt: '1' })).toBe(false);
});
