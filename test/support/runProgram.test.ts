import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from './runProgram.js';

describe('runProgram', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-run-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function run(text: string): Promise<unknown> {
    const file = join(folder, 'program.mjs');
    await writeFile(file, text);
    return runProgram(file, ['one'], { timeout: 60_000 });
  }

  it('gives what was printed', async () => {
    expect(await run('console.log(process.argv[2])')).toEqual({ stdout: 'one\n', stderr: '' });
  });

  it('tells of a failure in ten lines, however much was printed', async () => {
    const many = 'for (let n = 0; n < 26_000; n++) console.error("lost", n);';
    const told = String(await run(`${many} process.exitCode = 3;`).catch((error: unknown) => error)).split('\n');
    expect(told).toHaveLength(11);
    expect(told[0]).toMatch(/program\.mjs one ended with 3:$/);
    expect(told.at(-1)).toBe('lost 25999');
  });
});
