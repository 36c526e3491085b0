// @ts-check
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectWarnings, sortWarnings } from './deprecations.mjs';

const DEPRECATION = '[DEP0040] DeprecationWarning: The `punycode` module is deprecated.\n    at node:punycode:7:11';

describe('sortWarnings', () => {
  it('names a deprecation once, however many processes warned of it', () => {
    const { deprecations } = sortWarnings(`(node:1) ${DEPRECATION}\n(node:22) ${DEPRECATION}\n`);
    expect(deprecations).toEqual([DEPRECATION]);
  });

  it('keeps other warnings apart, which fail nothing', () => {
    const leak = 'MaxListenersExceededWarning: Possible EventEmitter memory leak detected.';
    expect(sortWarnings(`(node:1) ${leak}\n`)).toEqual({ deprecations: [], others: [leak] });
  });

  it('drops what is tolerated, by its text or by where it comes from', () => {
    expect(sortWarnings(`(node:1) ${DEPRECATION}\n`, [{ match: 'node:punycode' }]).deprecations).toEqual([]);
  });
});

it('collectWarnings sees the warnings of a process and of those that it starts, and lets both go on', () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice warnings '));
  try {
    const warnings = collectWarnings(home, {});
    const inner = "process.emitWarning('inner is old', 'DeprecationWarning', 'DEP1')";
    const outer = `process.emitWarning('outer is old', 'DeprecationWarning', 'DEP2');
      require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(inner)}])`;
    const done = spawnSync(process.execPath, ['-e', outer], { env: { ...warnings.env }, encoding: 'utf8' });
    expect(done).toMatchObject({ status: 0, stderr: '' });
    const { deprecations } = warnings.take();
    expect(deprecations.map((text) => text.split('\n')[0]).sort()).toEqual([
      '[DEP1] DeprecationWarning: inner is old',
      '[DEP2] DeprecationWarning: outer is old',
    ]);
    expect(warnings.take().deprecations).toEqual([]);
  } finally {
    rmSync(home, { recursive: true });
  }
});
