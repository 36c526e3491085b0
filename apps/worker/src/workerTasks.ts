import { readPutBacks } from '@sluice/fleet/postgres/queries/readPutBacks';
import type { RunnableTasks } from '@sluice/fleet/redis/commands/heartbeat';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Task } from '@sluice/tasks';
import type { TaskCatalogue, TaskSources } from '@sluice/tasks/internal';
import type { WorkerConfig } from './config.js';
import type { ExecuteDeps } from './execute/executeAttempt.js';
import { createPutBacks } from './execute/putBacks.js';
import { createIsolation } from './isolate/isolation.js';
import type { TaskHandlers, TaskParts } from './tasks/index.js';
import { buildTaskHandlers } from './tasks/index.js';

/** The tasks of a worker, and the sources that other processes load them from. */
export interface WorkerTasks {
  readonly catalogue: TaskCatalogue;
  /** What isolated attempts load their tasks from. */
  readonly sources: TaskSources;
  /** Tasks passed by the embedding program, which no other process can load. */
  readonly given: readonly Task[];
}

/** Dependencies of a worker's tasks. */
export interface WorkerTaskDeps extends Omit<TaskParts, 'ga4AnyProperty' | 'exportsDir'> {
  readonly metrics: Pick<Metrics, 'unknownTasks'>;
  readonly monotonicMs: () => number;
  readonly random: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/** The parts of a worker that depend on its tasks. */
export interface WiredTasks extends Pick<ExecuteDeps, 'tasks' | 'handlers' | 'onlyHere' | 'putBacks' | 'isolation'> {
  /** Tasks with a handler in this process, by queue class. */
  readonly runnable: RunnableTasks;
}

/**
 * Builds the handlers of a worker's tasks and the parts that run them.
 * @throws ConfigurationError when a task that only this process has requests a process of its own
 */
export function wireTasks(
  { catalogue, sources, given }: WorkerTasks,
  config: WorkerConfig,
  deps: WorkerTaskDeps,
): WiredTasks {
  const { worker, postgres, network, ga4 } = config;
  const { exportsDir } = worker;
  const handlers = buildTaskHandlers(catalogue, { ...deps, ga4AnyProperty: ga4.anyProperty, exportsDir });
  const setup = {
    tasks: sources,
    postgres: { url: postgres.url, schema: postgres.schema },
    allowPrivateAddresses: network.allowPrivateAddresses,
    exportsDir,
    ga4,
  };
  return {
    tasks: catalogue,
    handlers,
    onlyHere: onlyHere(given),
    runnable: runnableTasks(catalogue, handlers),
    putBacks: createPutBacks({
      ...deps,
      read: (jobId) => readPutBacks(deps.db, jobId),
      patienceMs: worker.unknownTaskPatienceMs,
    }),
    isolation: createIsolation({
      setup,
      blockedMs: worker.blockedMs,
      processes: worker.isolatedProcesses,
      memoryMb: worker.isolatedMemoryMb,
      environment: deps.environment,
      passedOn: worker.isolatedEnvironment,
      log: deps.log,
    }),
  };
}

function onlyHere(given: readonly Task[]): ReadonlySet<string> {
  const apart = given.find(({ isolation }) => isolation === 'process');
  if (apart === undefined) return new Set(given.map(({ name }) => name));
  throw new ConfigurationError(
    `The task ${apart.name} asks for a process of its own, which cannot import it from here: name its module in SLUICE_TASKS instead of passing it.`,
  );
}

function runnableTasks(catalogue: TaskCatalogue, handlers: TaskHandlers): RunnableTasks {
  const byClass = new Map<string, string[]>();
  for (const { name, queueClass } of catalogue.list()) {
    if (handlers.has(name)) byClass.set(queueClass, [...(byClass.get(queueClass) ?? []), name].sort());
  }
  return new Map([...byClass].sort());
}
