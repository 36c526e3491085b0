import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { textOf } from '../docs/repository.js';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';
import { installPacked, MODULES } from './installPacked.js';

const run = promisify(execFile);

describe('packages/limits/README.md', () => {
  let space: FleetSpace;
  let folder: string;
  beforeAll(async () => {
    space = await openFleetSpace();
    folder = await mkdtemp(join(tmpdir(), 'sluice-limits-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await space.close();
  });

  it('has an example that compiles and runs as it is written, with the packed package and ioredis alone', async () => {
    const installed = await installPacked(folder, ['limits']);
    expect([...installed].filter((name) => /^(bullmq|pg|drizzle-orm|@sluice\/(fleet|tasks))$/.test(name))).toEqual([]);
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(textOf('packages/limits/README.md')) ?? [];
    await writeFile(join(folder, 'service.ts'), example);
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(MODULES, '@types')],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['service.ts'] }));
    await run(join(MODULES, '.bin', 'tsc'), ['-p', folder]);
    const { stdout } = await run(process.execPath, [join(folder, 'service.js')], {
      env: { PATH: process.env.PATH, REDIS_URL: inject('redisUrl'), PREFIX: space.prefix },
    });
    expect(stdout).toBe('200\n200\nrefused: exhausted\n');
  }, 120_000);
});
