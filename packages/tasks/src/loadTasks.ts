import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { Task } from './task.js';
import { isTask } from './task.js';

/**
 * Imports the tasks of a fleet's own modules, as listed in `SLUICE_TASKS`.
 * A module exports tasks one by one, in arrays, or both; other exports are ignored.
 * @param specifiers paths (`./dist/tasks.js`, relative to `from`, or absolute), or names of installed packages
 * @param from folder from which paths and packages are resolved
 * @throws ConfigurationError naming the module and what is wrong with it, also when two modules define the same name
 */
export async function loadTasks(specifiers: readonly string[], from: string): Promise<readonly Task[]> {
  const definedIn = new Map<string, { readonly task: Task; readonly specifier: string }>();
  for (const specifier of specifiers) {
    for (const task of tasksOf(specifier, await importModule(specifier, from))) {
      const other = definedIn.get(task.name);
      // Two modules may export the same task, as when one re-exports another's.
      if (other !== undefined && other.task !== task) {
        throw refused(specifier, `the task ${task.name} is defined in ${other.specifier} as well: rename one of them`);
      }
      definedIn.set(task.name, { task, specifier });
    }
  }
  return [...definedIn.values()].map(({ task }) => task);
}

async function importModule(specifier: string, from: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(/* @vite-ignore */ urlOf(specifier, from));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refused(
      specifier,
      `it cannot be imported: ${why}. Is it built, and does its path begin with "./", relative to ${from}?`,
      cause,
    );
  }
}

function urlOf(specifier: string, from: string): string {
  if (specifier.startsWith('file:')) return specifier;
  if (isAbsolute(specifier)) return pathToFileURL(specifier).href;
  if (specifier.startsWith('.')) return pathToFileURL(join(from, specifier)).href;
  try {
    return pathToFileURL(createRequire(join(from, 'package.json')).resolve(specifier)).href;
  } catch {
    // A package that has exports for `import` only: Node resolves it from here.
    return specifier;
  }
}

function tasksOf(specifier: string, module: Readonly<Record<string, unknown>>): readonly Task[] {
  const tasks = new Set(Object.entries(module).flatMap(([name, value]) => tasksIn(specifier, name, value)));
  if (tasks.size > 0) return [...tasks];
  const names = Object.keys(module);
  const has = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`;
  throw refused(specifier, `it has no tasks: export what defineTask returns, or an array of it named tasks (${has})`);
}

/** The tasks of one export; none when it is anything else. */
function tasksIn(specifier: string, name: string, value: unknown): readonly Task[] {
  if (isTask(value)) return [value];
  if (!Array.isArray(value)) return [];
  const isList = name === 'tasks' || name === 'default' || value.some(isTask);
  return value.filter((item, index) => {
    if (isList && !isTask(item)) throw refused(specifier, `${name}[${index}] was not made with defineTask`);
    return isList;
  });
}

function refused(specifier: string, why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`The tasks of "${specifier}" (SLUICE_TASKS) cannot be used: ${why}.`, { cause });
}
