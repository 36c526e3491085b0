import type { Task } from '../task.js';
import { exportsJobsCsv } from './exportsJobsCsv.js';
import { notificationsWebhook } from './notificationsWebhook.js';
import { systemFault } from './systemFault.js';
import { systemProbe } from './systemProbe.js';

/**
 * The contracts of the tasks that every fleet has; the worker has their handlers.
 * @param faultTasks whether to include `system.fault`, which does harm on request
 */
export function builtInTasks({ faultTasks }: { readonly faultTasks: boolean }): readonly Task[] {
  return [exportsJobsCsv, notificationsWebhook, systemProbe, ...(faultTasks ? [systemFault] : [])];
}
