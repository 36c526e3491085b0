import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { FleetProcessName } from '../support/fleetProcess.js';
import { startFleetProcess } from '../support/fleetProcess.js';

/** The fleet's processes, each started as in production. */
export interface Fleet {
  readonly producerUrl: string;
  readonly dashboardUrl: string;
  /** Operations URL (`/metrics`) of every process, by name. */
  readonly urls: readonly { readonly name: string; readonly url: string }[];
}

/** The processes of a fleet: one of each, and a second worker. */
const PROCESSES = ['producer', 'worker', 'worker', 'scaler', 'dashboard'] as const satisfies FleetProcessName[];

/** Longest that a process may take to end by itself, in ms. */
const STOP_MS = 10_000;

/** Starts and ends a fleet; what was spawned can be ended at any time, ready or not. */
export interface FleetStarter {
  /** Resolves when every process is ready. */
  start(environment: Readonly<Record<string, string>>): Promise<Fleet>;
  /**
   * Ends every process; one that does not end in time is killed.
   * @param patienceMs how long to wait for them to end unasked, in ms
   */
  stop(patienceMs: number): Promise<void>;
}

/** Starts nothing yet. */
export function createFleetStarter(): FleetStarter {
  const children: ChildProcess[] = [];
  return {
    async start(environment) {
      const started = await Promise.all(
        PROCESSES.map(async (name) => ({
          name,
          url: (await startFleetProcess(name, environment, (child) => children.push(child))).url,
        })),
      );
      const urlOf = (wanted: FleetProcessName): string => started.find(({ name }) => name === wanted)?.url ?? '';
      return { producerUrl: urlOf('producer'), dashboardUrl: urlOf('dashboard'), urls: started };
    },
    async stop(patienceMs) {
      await Promise.all(children.map((child) => end(child, patienceMs)));
    },
  };
}

async function end(child: ChildProcess, patienceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const timers = [
    setTimeout(() => child.kill('SIGTERM'), patienceMs),
    setTimeout(() => child.kill('SIGKILL'), patienceMs + STOP_MS),
  ];
  await exited;
  for (const timer of timers) clearTimeout(timer);
}
