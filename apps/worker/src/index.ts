import { ga4RunReport } from '@sluice/ga4';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createServiceGroup } from '@sluice/shared/lifecycle/serviceGroup';
import { createLogger } from '@sluice/shared/telemetry/logger';
import type { Task } from '@sluice/tasks';
import { loadFleetTasks } from '@sluice/tasks/internal';
import { loadWorkerConfig } from './config.js';
import { wireWorker } from './worker.js';

/** Options of a worker embedded in your own program. */
export interface WorkerOptions {
  /**
   * Tasks with handlers, in addition to those of `SLUICE_TASKS`. Their attempts all run in this process: tasks with
   * `isolation: 'process'` must come from a module of `SLUICE_TASKS`, which isolated processes can import.
   */
  readonly tasks?: readonly Task[];
  /** Whether this worker runs the built-in tasks; defaults to `SLUICE_BUILT_IN_TASKS`. */
  readonly builtInTasks?: boolean;
  /** Settings by the names of docs/configuration.md, instead of the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Log; by default JSON lines on standard output. */
  readonly log?: Log;
}

/** A worker within this process. */
export interface Worker {
  /** Resolves when it accepts jobs; rejects with a ConfigurationError when a task or a module cannot be used. */
  start(): Promise<void>;
  /**
   * Takes no more jobs and lets running ones finish; those still running after `SHUTDOWN_GRACE_MS` are handed back.
   * Safe to call twice, or before `start`.
   */
  stop(): Promise<void>;
}

/**
 * Builds a worker within this process; opens nothing before `start`. Its watchdog kills the whole process when the
 * event loop is blocked for `WORKER_BLOCKED_MS`, since other workers take over its jobs by then.
 * @throws ConfigurationError when a setting cannot be used
 */
export function createWorker(options: WorkerOptions = {}): Worker {
  const environment = options.environment ?? process.env;
  const config = loadWorkerConfig(environment);
  const log = options.log ?? createLogger('worker', config.log);
  const machine = { now: Date.now, monotonicMs: () => performance.now(), random: Math.random, environment };
  let group: Service | null = null;
  return {
    async start() {
      const { modules, builtIn } = config.tasks;
      const sources = { modules, builtIn: options.builtInTasks ?? builtIn, ...config.rehearsal, from: process.cwd() };
      const catalogue = await loadFleetTasks(sources, [ga4RunReport], options.tasks);
      const tasks = { catalogue, sources, given: options.tasks ?? [] };
      group = createServiceGroup('worker', wireWorker(config, tasks, machine, log).services, log);
      await group.start();
    },
    stop: async () => group?.stop(AbortSignal.timeout(config.shutdown.graceMs)),
  };
}
