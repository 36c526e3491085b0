import { ga4RunReport } from '@sluice/ga4';
import { builtInTasks } from '@sluice/tasks/builtIn/builtInTasks';
import type { TaskContract } from '@sluice/tasks/task';
import { createTaskCatalogue } from '@sluice/tasks/taskCatalogue';

/** The tasks of a fleet without any of its own. */
export const FLEET_TASKS = createTaskCatalogue([...builtInTasks({ faultTasks: false }), ga4RunReport as TaskContract]);
