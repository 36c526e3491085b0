import type { TaskContract } from './task.js';
import { exportsJobsCsv } from './tasks/exportsJobsCsv.js';
import { ga4RunReport } from './tasks/ga4RunReport.js';
import { notificationsWebhook } from './tasks/notificationsWebhook.js';
import { systemFault } from './tasks/systemFault.js';
import { systemProbe } from './tasks/systemProbe.js';
import type { Upstream } from './upstreamQuota.js';

/** Every task of the fleet by name. A new task is a contract here and a handler of the same name in the worker. */
export const TASKS = {
  'exports.jobs_csv': exportsJobsCsv,
  'ga4.run_report': ga4RunReport,
  'notifications.webhook': notificationsWebhook,
  'system.fault': systemFault,
  'system.probe': systemProbe,
} as const;

/** Name of a task that the code knows. */
export type TaskName = keyof typeof TASKS;

/** The tasks that one fleet offers. */
export interface TaskCatalogue {
  /** The contract of a task, or undefined when the fleet has no such task. */
  find(name: string): TaskContract | undefined;
  list(): readonly TaskContract[];
}

/**
 * The tasks that a fleet offers.
 * @param faultTasks whether `system.fault` is one of them
 */
export function createTaskCatalogue({ faultTasks }: { readonly faultTasks: boolean }): TaskCatalogue {
  const offers = (name: string): boolean => faultTasks || name !== systemFault.name;
  return {
    find: (name) => (offers(name) ? findTask(name) : undefined),
    list: () => (Object.values(TASKS) as readonly TaskContract[]).filter(({ name }) => offers(name)),
  };
}

/** The contract of a task that the code knows, whether or not the fleet offers it. */
export function findTask(name: string): TaskContract | undefined {
  return Object.hasOwn(TASKS, name) ? (TASKS[name as TaskName] as TaskContract) : undefined;
}

/** The upstream that jobs of a queue class call; null when they call none under a quota. */
export function upstreamOfClass(queueClass: string): Upstream | null {
  const tasks: readonly TaskContract[] = Object.values(TASKS);
  return tasks.find((task) => task.queueClass === queueClass)?.upstream ?? null;
}

/** Every upstream that a task calls under a quota, by name. */
export const UPSTREAMS: ReadonlyMap<string, Upstream> = new Map(
  (Object.values(TASKS) as TaskContract[]).flatMap(({ upstream }) =>
    upstream === undefined ? [] : [[upstream.name, upstream]],
  ),
);
