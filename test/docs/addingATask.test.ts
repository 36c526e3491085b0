import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY, textOf } from './repository.js';

const run = promisify(execFile);

/** As a repository of one's own is compiled. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    rootDir: 'src',
    outDir: 'dist',
  },
  include: ['src'],
};

/** The code block of a document that follows a text. */
function blockAfter(path: string, text: string): string {
  const document = textOf(path);
  const from = document.indexOf(text);
  const [, code] = /```ts\n([\s\S]*?)```/.exec(document.slice(Math.max(from, 0))) ?? [];
  if (from === -1 || code === undefined) throw new Error(`${path} has no code after "${text}"`);
  return code;
}

describe('what the documentation shows of tasks', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-guide-'));
    await mkdir(join(folder, 'src'));
    await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    const guide = 'docs/adding-a-task.md';
    for (const file of ['src/tasks.ts', 'src/tasks.test.ts'])
      await writeFile(join(folder, file), blockAfter(guide, `\`${file}\``));
    const embedded = `import { tasks } from './tasks.js';\n${blockAfter(guide, 'embed the processes')}`;
    await writeFile(join(folder, 'src/embedded.ts'), embedded);
    await writeFile(join(folder, 'src/readme.ts'), blockAfter('packages/tasks/README.md', 'npm install'));
    await run(process.execPath, [join(REPOSITORY, 'node_modules/typescript/bin/tsc'), '-p', folder]);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('compiles, and the tests of docs/adding-a-task.md pass', async () => {
    const { stdout } = await run(process.execPath, ['--test', join(folder, 'dist/tasks.test.js')]);
    expect(stdout).toMatch(/^. pass 2$/m);
  });

  it('is an example in the README of @sluice/tasks that prints what it says', async () => {
    const { stdout } = await run(process.execPath, [join(folder, 'dist/readme.js')]);
    expect(stdout).toBe('6 [ 50 ]\n');
  });
});
