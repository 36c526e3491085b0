// @ts-check
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint } from './build.mjs';
import { nodeTooOld } from './dependencies.mjs';
import { createReleases } from './releases.mjs';
import { keepOperatorKey, readStartSettings } from './start.mjs';
import { readLogLine } from './supervise.mjs';

/** @type {string} */
let dir;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-setup-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it.each([
  ['18.20.4', true],
  ['20.18.9', true],
  ['20.19.0', false],
  ['24.1.0', false],
])('nodeTooOld of %s is %s', (version, expected) => {
  expect(nodeTooOld(version) !== undefined).toBe(expected);
});

describe('fingerprint', () => {
  beforeEach(() => {
    mkdirSync(join(dir, 'apps/one/src'), { recursive: true });
    mkdirSync(join(dir, 'apps/one/dist'));
    writeFileSync(join(dir, 'apps/one/src/main.ts'), 'one');
  });

  it('stays the same while only outputs change', () => {
    const before = fingerprint(dir);
    writeFileSync(join(dir, 'apps/one/dist/main.js'), 'built');
    writeFileSync(join(dir, 'apps/one/tsconfig.tsbuildinfo'), '');
    expect(fingerprint(dir)).toBe(before);
  });

  it('changes with a source, and when an output is gone', () => {
    const before = fingerprint(dir);
    utimesSync(join(dir, 'apps/one/src/main.ts'), 1, 1);
    const after = fingerprint(dir);
    expect(after).not.toBe(before);
    rmSync(join(dir, 'apps/one/dist'), { recursive: true });
    expect(fingerprint(dir)).not.toBe(after);
  });
});

describe('createReleases', () => {
  it('undoes in reverse, all of it even if one fails, and once', async () => {
    /** @type {string[]} */
    const seen = [];
    const releases = createReleases((text) => seen.push(text));
    releases.add('first', () => seen.push('first'));
    releases.add('second', () => Promise.reject(new Error('stuck')));
    releases.add('third', (signal) => seen.push(`third by ${signal}`));
    await Promise.all([releases.run('SIGINT'), releases.run('SIGTERM')]);
    expect(seen).toEqual(['third by SIGINT', 'second: stuck', 'first']);
  });

  it('undoes at once what is started too late', async () => {
    const seen = /** @type {string[]} */ ([]);
    const releases = createReleases(() => undefined);
    await releases.run();
    expect(() => releases.add('late', () => seen.push('late'))).toThrow('late');
    await releases.run();
    expect(seen).toEqual(['late']);
  });
});

it('keepOperatorKey makes a key once that only its owner can read', () => {
  const file = keepOperatorKey(dir);
  const key = readFileSync(file, 'utf8');
  expect(key.trim()).toMatch(/^slk_[\w-]{43}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(keepOperatorKey(dir), 'utf8')).toBe(key);
});

describe('readStartSettings', () => {
  it('has defaults and refuses what is no port', () => {
    const { maxWorkers, ...rest } = readStartSettings({});
    expect(rest).toEqual({ host: '127.0.0.1', port: 3000, dashboardPort: 3001, workers: 1 });
    expect(maxWorkers).toBeGreaterThanOrEqual(1);
    expect(maxWorkers).toBeLessThanOrEqual(4);
    expect(() => readStartSettings({ PORT: '70000' })).toThrow('PORT is 70000');
  });

  it('never allows fewer workers under load than at rest', () => {
    expect(readStartSettings({ SLUICE_WORKERS: '9' })).toMatchObject({ workers: 9, maxWorkers: 9 });
    expect(() => readStartSettings({ SLUICE_WORKERS: '9', SLUICE_MAX_WORKERS: '8' })).toThrow(
      'SLUICE_MAX_WORKERS is 8 and must be a whole number from 9 to 64',
    );
  });
});

describe('readLogLine', () => {
  it('makes one line of a log entry with its error', () => {
    const line = JSON.stringify({ level: 50, time: 0, msg: 'no luck', err: { message: 'why' } });
    expect(readLogLine(line)).toMatchObject({ level: 50, time: '00:00:00', text: 'no luck (why)' });
  });

  it.each(['Error: crashed', 'null', '3'])('shows %s, which is no log entry', (line) => {
    expect(readLogLine(line)).toMatchObject({ level: 40, text: line });
  });
});
