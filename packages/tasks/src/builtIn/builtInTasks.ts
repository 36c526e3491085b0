import type { TaskContract } from '../task.js';
import { exportsJobsCsv } from './exportsJobsCsv.js';
import { notificationsWebhook } from './notificationsWebhook.js';
import { systemFault } from './systemFault.js';
import { systemProbe } from './systemProbe.js';

/**
 * The contracts of the tasks that every fleet has.
 * @param faultTasks whether `system.fault`, which does harm on order, is one of them
 */
export function builtInTasks({ faultTasks }: { readonly faultTasks: boolean }): readonly TaskContract[] {
  const tasks = [exportsJobsCsv, notificationsWebhook, systemProbe, ...(faultTasks ? [systemFault] : [])];
  return tasks as readonly TaskContract[];
}
