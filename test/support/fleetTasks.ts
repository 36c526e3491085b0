import { ga4RunReport } from '@sluice/ga4';
import { builtInTasks, createTaskCatalogue } from '@sluice/tasks/internal';

/** The tasks of a fleet without custom tasks. */
export const FLEET_TASKS = createTaskCatalogue([...builtInTasks({ faultTasks: false }), ga4RunReport]);
