import { ga4RunReport } from '@sluice/ga4';
import { systemClock } from '@sluice/shared/lifecycle/clock';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import { createServiceGroup } from '@sluice/shared/lifecycle/serviceGroup';
import { createLogger } from '@sluice/shared/telemetry/logger';
import type { Task } from '@sluice/tasks';
import { loadFleetTasks } from '@sluice/tasks/internal';
import { loadProducerConfig } from './config.js';
import { wireProducer } from './producer.js';

/** Options for embedding a producer in your own program. */
export interface ProducerOptions {
  /** Tasks in addition to those of `SLUICE_TASKS`. */
  readonly tasks?: readonly Task[];
  /** Whether to offer Sluice's built-in tasks; defaults to `SLUICE_BUILT_IN_TASKS`. */
  readonly builtInTasks?: boolean;
  /** Settings by the names in docs/configuration.md, instead of the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** JSON lines on standard output by default. */
  readonly log?: Log;
}

/** A producer within this process. */
export interface Producer {
  /** Resolves once it listens; rejects with a ConfigurationError when a task or a module cannot be used. */
  start(): Promise<void>;
  /** Completes open requests and closes; resolves within `SHUTDOWN_GRACE_MS`. Safe to call twice, or before `start`. */
  stop(): Promise<void>;
  /** The URL it listens on, such as `http://127.0.0.1:3000`; empty until it listens. */
  url(): string;
}

/**
 * Creates the fleet's HTTP API within this process; opens nothing before `start`.
 * @throws ConfigurationError when a setting cannot be used
 */
export function createProducer(options: ProducerOptions = {}): Producer {
  const config = loadProducerConfig(options.environment ?? process.env);
  const log = options.log ?? createLogger('producer', config.log);
  let group: Service | null = null;
  let url = (): string => '';
  return {
    async start() {
      const { modules, builtIn } = config.tasks;
      const sources = { modules, builtIn: options.builtInTasks ?? builtIn, ...config.rehearsal, from: process.cwd() };
      const tasks = await loadFleetTasks(sources, [ga4RunReport], options.tasks);
      const producer = wireProducer(config, tasks, log, systemClock);
      url = producer.url;
      group = createServiceGroup('producer', producer.services, log);
      await group.start();
    },
    stop: async () => group?.stop(AbortSignal.timeout(config.shutdown.graceMs)),
    url: () => url(),
  };
}
