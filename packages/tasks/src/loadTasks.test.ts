import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTasks } from './loadTasks.js';

/** A task as made by a module with its own copy of the package: they share only the mark. */
const task = (name: string): string => `{ name: '${name}', queueClass: 'default', [Symbol.for('sluice.task')]: true }`;

const MODULES: Readonly<Record<string, string>> = {
  'list.mjs': `export const tasks = [${task('a.one')}, ${task('a.two')}];`,
  'default.mjs': `export default [${task('b.one')}];`,
  'single.mjs': `export const one = ${task('c.one')}; export const helper = () => 1; export const numbers = [1, 2];`,
  'again.mjs': `export { one } from './single.mjs';`,
  'twice.mjs': `export const one = ${task('a.one')};`,
  'none.mjs': 'export const limit = 3;',
  'empty.mjs': 'export {};',
  'wrong.mjs': `export const tasks = [${task('d.one')}, { name: 'd.two' }];`,
  'throws.mjs': "throw new Error('no database');",
  'node_modules/my-tasks/package.json': '{ "name": "my-tasks", "type": "module", "exports": "./index.js" }',
  'node_modules/my-tasks/index.js': `export const tasks = [${task('e.one')}];`,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-tasks-'));
  for (const [path, text] of Object.entries(MODULES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const namesOf = async (...specifiers: string[]): Promise<string[]> =>
  (await loadTasks(specifiers, folder)).map(({ name }) => name);

describe('loadTasks', () => {
  it('takes lists, default exports and single tasks, of paths and of installed packages', async () => {
    expect(await namesOf('./list.mjs', './default.mjs')).toEqual(['a.one', 'a.two', 'b.one']);
    expect(await namesOf('./single.mjs')).toEqual(['c.one']);
    expect(await namesOf(join(folder, 'list.mjs'))).toEqual(['a.one', 'a.two']);
    expect(await namesOf('my-tasks')).toEqual(['e.one']);
    expect(await namesOf()).toEqual([]);
  });

  it('takes a task once that two modules export', async () => {
    expect(await namesOf('./single.mjs', './again.mjs')).toEqual(['c.one']);
  });

  it.each([
    ['./none.mjs', 'it has no tasks: export what defineTask returns, or an array of it named tasks (it exports limit)'],
    ['./empty.mjs', 'it exports nothing'],
    ['./wrong.mjs', 'tasks[1] was not made with defineTask'],
    ['./throws.mjs', 'it cannot be imported: no database'],
    ['./missing.mjs', 'Is it built, and does its path begin with "./"'],
    ['no-such-package', 'it cannot be imported'],
  ])('refuses %s, naming it and what is wrong', async (specifier, message) => {
    await expect(loadTasks([specifier], folder)).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringMatching(new RegExp(`"${specifier.replaceAll('.', '\\.')}" \\(SLUICE_TASKS\\)`)),
    });
    await expect(loadTasks([specifier], folder)).rejects.toThrow(message);
  });

  it('refuses two tasks of one name, naming both modules', async () => {
    await expect(loadTasks(['./list.mjs', './twice.mjs'], folder)).rejects.toThrow(
      'The tasks of "./twice.mjs" (SLUICE_TASKS) cannot be used: the task a.one is defined in ./list.mjs as well',
    );
  });
});
