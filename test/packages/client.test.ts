import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOf } from '../docs/repository.js';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import { installPacked, MODULES } from './installPacked.js';

const run = promisify(execFile);

/** Most bytes that the installed package may have. */
const MAX_BYTES = 100_000;

/** The user's own module of tasks, of which the example imports types alone. */
const TASKS = `import { z } from 'zod';
export const probe = {
  name: 'system.probe',
  data: z.strictObject({ sleepMs: z.int().default(0), fail: z.enum(['never', 'permanent']).default('never') }),
  result: z.object({ sleptMs: z.int() }),
} as const;
`;

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    typeRoots: [join(MODULES, '@types')],
  },
  files: ['service.ts'],
};

describe('the packed @sluice/client', () => {
  let fleet: Fleet;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-client-'));
    await installPacked(folder, ['client']);
    fleet = await startFleet();
    await fleet.start('worker');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await fleet?.close();
  });

  it('installs nothing but itself, in less than 100 KB', async () => {
    expect((await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual(['@sluice']);
    const home = join(folder, 'node_modules/@sluice');
    expect(await readdir(home)).toEqual(['client']);
    const files = await readdir(home, { recursive: true, withFileTypes: true });
    const sizes = files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name)));
    const bytes = (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeLessThan(MAX_BYTES);
    const manifest = JSON.parse(await readFile(join(home, 'client/package.json'), 'utf8')) as object;
    expect({ dependencies: {}, peerDependencies: {}, ...manifest }).toMatchObject({
      dependencies: {},
      peerDependencies: {},
    });
  });

  it('has an example that compiles and runs as it is written', async () => {
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(textOf('packages/client/README.md')) ?? [];
    await writeFile(join(folder, 'service.ts'), example);
    await writeFile(join(folder, 'tasks.ts'), TASKS);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await symlink(join(MODULES, 'zod'), join(folder, 'node_modules/zod'));
    await run(join(MODULES, '.bin', 'tsc'), ['-p', folder]);
    const { token } = await fleet.tenant('acme');
    const env = { PATH: process.env.PATH, SLUICE_URL: fleet.producer.url, SLUICE_KEY: token };
    const { stdout } = await run(process.execPath, [join(folder, 'service.js')], { env });
    expect(stdout).toBe('slept 50 ms\ndead: upstream_refused\n');
  });
});
