import { builtInTasks } from './builtIn/builtInTasks.js';
import { loadTasks } from './loadTasks.js';
import type { Task } from './task.js';
import type { TaskCatalogue } from './taskCatalogue.js';
import { createTaskCatalogue } from './taskCatalogue.js';

/**
 * Where a fleet's tasks come from; the same in all of its processes, except workers that run only some of the tasks.
 */
export interface TaskSources {
  /** Whether to include the tasks that come with Sluice. */
  readonly builtIn: boolean;
  /** Modules with the fleet's own tasks, as listed in `SLUICE_TASKS`. */
  readonly modules: readonly string[];
  /** Folder to which the modules' paths are relative. */
  readonly from: string;
  /** Whether to include `system.fault`, which does harm on request. */
  readonly faultTasks: boolean;
}

/**
 * Collects all tasks of a fleet.
 * @param bundled tasks of other packages that come with Sluice
 * @param given tasks that the embedding program passes itself
 * @throws ConfigurationError when a module cannot be used, or two tasks conflict
 */
export async function loadFleetTasks(
  { builtIn, faultTasks, modules, from }: TaskSources,
  bundled: readonly Task[],
  given: readonly Task[] = [],
): Promise<TaskCatalogue> {
  const own = await loadTasks(modules, from);
  const ours = builtIn ? [...builtInTasks({ faultTasks }), ...bundled] : [];
  return createTaskCatalogue([...ours, ...new Set([...own, ...given])]);
}
