import type { FleetProcess } from './fleetProcess.js';
import { startFleetProcess } from './fleetProcess.js';

/** A worker that is restarted whenever it ends, as platforms do. */
export interface RevivedWorker {
  /** How each process ended so far: an exit code or a signal. */
  readonly deaths: readonly (number | NodeJS.Signals | null)[];
  /** The log of all its processes so far. */
  lines(): Record<string, unknown>[];
  /** Stops it for good; resolves with the exit code of the last process. */
  stop(): Promise<number | null>;
}

/** Starts a worker, and replaces it whenever it ends on its own. */
export async function startRevivedWorker(environment: Readonly<Record<string, string>>): Promise<RevivedWorker> {
  const deaths: (number | NodeJS.Signals | null)[] = [];
  const processes: FleetProcess[] = [];
  let stopping = false;
  let reviving: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    const started = await startFleetProcess('worker', environment);
    processes.push(started);
    started.child.once('exit', (code, signal) => {
      if (stopping) return;
      deaths.push(signal ?? code);
      reviving = start();
    });
  }

  await start();
  return {
    deaths,
    lines: () => processes.flatMap(({ lines }) => [...lines]),
    async stop() {
      await reviving;
      stopping = true;
      return processes.at(-1)?.stop() ?? null;
    },
  };
}
