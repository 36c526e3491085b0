import { ga4RunReport } from '@sluice/ga4';
import { builtInTasks } from '@sluice/tasks/builtIn/builtInTasks';
import type { TaskContract } from '@sluice/tasks/task';
import type { TaskCatalogue } from '@sluice/tasks/taskCatalogue';
import { createTaskCatalogue } from '@sluice/tasks/taskCatalogue';

/** Every task that jobs in this fleet may name. */
export function fleetTasks(rehearsal: { readonly faultTasks: boolean }): TaskCatalogue {
  return createTaskCatalogue([...builtInTasks(rehearsal), ga4RunReport as TaskContract]);
}
