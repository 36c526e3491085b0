// @ts-check
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeTooOld } from './dependencies.mjs';
import { chooseReleases, NODE_RELEASES, whyNoReleases } from './nodeReleases.mjs';
import { SetupError } from './report.mjs';

describe('chooseReleases', () => {
  it.each([[undefined], ['']])('takes every line for %j', (wanted) => {
    expect(chooseReleases(wanted)).toEqual(Object.values(NODE_RELEASES));
  });

  it('takes the lines that are named', () => {
    expect(chooseReleases('26, 24').map(({ version }) => version.split('.')[0])).toEqual(['26', '24']);
  });

  it('refuses a line that is not listed', () => {
    expect(() => chooseReleases('24,constructor')).toThrow(SetupError);
  });
});

describe('the releases', () => {
  it('begin with the oldest that is promised, and hold each line by its own major version', () => {
    const versions = Object.entries(NODE_RELEASES).map(([major, { version }]) => {
      expect(version.split('.')[0]).toBe(major);
      return version;
    });
    const [, promised] = /"node": ">=([\d.]+)"/.exec(textAt('package.json')) ?? [];
    expect(versions[0]).toBe(`${promised}.0`);
    expect(nodeTooOld(String(versions[0]))).toBeUndefined();
  });

  it('end with the line of .nvmrc and of the image', () => {
    const latest = Object.keys(NODE_RELEASES).at(-1);
    expect(textAt('.nvmrc').trim()).toBe(latest);
    expect(/^FROM node:(\d+)\./m.exec(textAt('deploy/docker/Dockerfile'))?.[1]).toBe(latest);
  });
});

it.each([
  [{ platform: 'linux', arch: 'x64', glibc: '2.36' }, undefined],
  [{ platform: 'linux', arch: 'x64', glibc: undefined }, 'without glibc'],
  [{ platform: 'darwin', arch: 'arm64', glibc: undefined }, 'this is darwin on arm64'],
])('whyNoReleases of %j is %j', (machine, reason) => {
  const answer = whyNoReleases(machine);
  if (reason === undefined) expect(answer).toBeUndefined();
  else expect(answer).toContain(reason);
});

/** @param {string} path from the top folder */
function textAt(path) {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
