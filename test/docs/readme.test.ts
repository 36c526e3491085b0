import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY, textOf } from './repository.js';

const run = promisify(execFile);
const MODULES = join(REPOSITORY, 'node_modules');

/** The result must have the type that the task's schema says, neither `any` nor `unknown`. */
const TYPED = `
const counted: number = words;
// @ts-expect-error a number is no text
const text: string = words;
export { counted, text };
`;

describe('the README', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-readme-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('shows a task and a submission that compile, with the task’s types from end to end', async () => {
    const [task = '', submission = ''] = [...textOf('README.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(
      ([, code]) => code,
    );
    const compilerOptions = { target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: true, noEmit: true };
    const tsconfig = { compilerOptions: { ...compilerOptions, types: ['node'] }, files: ['submit.ts'] };
    await symlink(MODULES, join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    await writeFile(join(folder, 'tasks.ts'), task);
    await writeFile(join(folder, 'submit.ts'), submission + TYPED);
    const compiled = run(join(MODULES, '.bin', 'tsc'), ['-p', folder]);
    await expect(compiled).resolves.toMatchObject({ stdout: '' });
  });
});
