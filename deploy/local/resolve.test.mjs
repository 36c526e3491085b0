// @ts-check
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOnPath, firstAvailable, mayInstall } from './resolve.mjs';

const context = /** @type {import('./resolve.mjs').Context} */ ({ env: {} });

/**
 * @param {string} name
 * @param {boolean} works
 * @param {string[]} asked
 * @returns {import('./resolve.mjs').Resolver}
 */
function fake(name, works, asked) {
  const start = async () => ({ url: name, stop: async () => undefined });
  return {
    name,
    find: async () => {
      asked.push(name);
      return works ? { what: name, start } : undefined;
    },
  };
}

describe('firstAvailable', () => {
  it('takes the first way that works and asks no further', async () => {
    /** @type {string[]} */
    const asked = [];
    const ways = [fake('given', false, asked), fake('installed', true, asked), fake('fetched', true, asked)];
    expect((await firstAvailable(ways, context, 'nothing')).what).toBe('installed');
    expect(asked).toEqual(['given', 'installed']);
  });

  it('says what to do by hand when no way works', async () => {
    await expect(firstAvailable([fake('given', false, [])], context, 'install it')).rejects.toThrow('install it');
  });
});

describe('findOnPath', () => {
  /** @type {string} */
  let root;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'find on path '));
    for (const dir of ['a', 'b', 'c/tool']) mkdirSync(join(root, dir), { recursive: true });
    writeFileSync(join(root, 'a/tool'), '');
    writeFileSync(join(root, 'b/tool'), '');
    chmodSync(join(root, 'b/tool'), 0o755);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('passes by files that cannot be run, folders and directories that are not there', () => {
    const path = ['', '/nowhere', 'c', 'a', 'b'].map((dir) =>
      dir === '' || dir.startsWith('/') ? dir : join(root, dir),
    );
    expect(findOnPath('tool', path.join(':'))).toBe(join(root, 'b/tool'));
    expect(findOnPath('other', path.join(':'))).toBeUndefined();
  });
});

it.each([
  ['1', false],
  ['true', false],
  ['0', true],
  ['', true],
  [undefined, true],
])('mayInstall with SLUICE_NO_INSTALL=%s is %s', (value, expected) => {
  expect(mayInstall({ SLUICE_NO_INSTALL: value })).toBe(expected);
});
