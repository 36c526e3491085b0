import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { textOf } from '../docs/repository.js';
import { MODULES } from './installPacked.js';

const run = promisify(execFile);

/** How a service outside of the repository is compiled. */
const COMPILER_OPTIONS = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  types: ['node'],
  typeRoots: [join(MODULES, '@types')],
};

/**
 * Writes files and compiles them.
 * @param more compiler options
 */
export async function compile(folder: string, files: Readonly<Record<string, string>>, more: object): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const tsconfig = { compilerOptions: { ...COMPILER_OPTIONS, ...more }, files: Object.keys(files) };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  await run(join(MODULES, '.bin', 'tsc'), ['-p', folder]);
}

/** Runs a compiled file; returns what it prints. */
export async function runCompiled(
  folder: string,
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const env = { PATH: process.env.PATH, ...environment };
  return (await run(process.execPath, [join(folder, file)], { env })).stdout;
}

/** The first TypeScript example of a page. */
export function exampleOf(page: string): string {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(textOf(page)) ?? [];
  if (example === undefined) throw new Error(`${page} has no example`);
  return example;
}
