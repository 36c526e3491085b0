import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { TaskContract } from './task.js';

/** The tasks that one fleet offers. */
export interface TaskCatalogue {
  /** The contract of a task, or undefined when the fleet has no such task. */
  find(name: string): TaskContract | undefined;
  list(): readonly TaskContract[];
  /** The queue classes that tasks use: the lanes that a tenant can have. */
  readonly queueClasses: readonly string[];
  /** The upstream that jobs of a queue class call; null when they call none under a quota. */
  upstreamOfClass(queueClass: string): Upstream | null;
  /** Every upstream that a task calls under a quota, by name. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
}

/**
 * Creates the catalogue of a fleet's tasks.
 * @throws ConfigurationError when two tasks share a name, or tasks of one queue class call different upstreams: an
 *   exhausted quota pauses the whole lane
 */
export function createTaskCatalogue(tasks: readonly TaskContract[]): TaskCatalogue {
  const byName = new Map<string, TaskContract>();
  const byClass = new Map<string, TaskContract>();
  for (const task of tasks) {
    if (byName.has(task.name)) throw new ConfigurationError(`Two tasks are named ${task.name}: rename one of them.`);
    byName.set(task.name, task);
    const other = byClass.get(task.queueClass) ?? task;
    if (other.upstream?.name !== task.upstream?.name) throw new ConfigurationError(sharedClass(task, other));
    byClass.set(task.queueClass, other);
  }
  const upstreams = new Map(
    tasks.flatMap(({ upstream }) => (upstream === undefined ? [] : [[upstream.name, upstream]])),
  );
  return {
    find: (name) => byName.get(name),
    list: () => tasks,
    queueClasses: [...byClass.keys()],
    upstreamOfClass: (queueClass) => byClass.get(queueClass)?.upstream ?? null,
    upstreams,
  };
}

function sharedClass(task: TaskContract, other: TaskContract): string {
  return (
    `The tasks ${task.name} and ${other.name} share the queue class ${task.queueClass} and call different upstreams: ` +
    'give one of them a queue class of its own.'
  );
}
