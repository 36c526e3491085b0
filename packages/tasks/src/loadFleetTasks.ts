import { builtInTasks } from './builtIn/builtInTasks.js';
import { loadTasks } from './loadTasks.js';
import type { Task } from './task.js';
import type { TaskCatalogue } from './taskCatalogue.js';
import { createTaskCatalogue } from './taskCatalogue.js';

/** Where a fleet's tasks come from; the same in all of its processes, but for workers that run only some of them. */
export interface TaskSources {
  /** Whether the tasks that come with Sluice are among them. */
  readonly builtIn: boolean;
  /** Modules of the fleet's own tasks, as `SLUICE_TASKS` names them. */
  readonly modules: readonly string[];
  /** Folder that the modules' paths are relative to. */
  readonly from: string;
  /** Whether `system.fault`, which does harm on request, is one of them. */
  readonly faultTasks: boolean;
}

/**
 * Puts together every task that jobs of a fleet may name.
 * @param bundled tasks of other packages that come with Sluice
 * @param given tasks that the embedding program passes itself
 * @throws ConfigurationError when a module cannot be used, or two tasks contradict each other
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
