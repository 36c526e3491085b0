import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of the fleet, started from its built `main.js` as in production. */
export interface FleetProcess {
  readonly child: ChildProcess;
  /** The URL it listens on. */
  readonly url: string;
  /** The JSON lines logged so far. */
  readonly lines: readonly Record<string, unknown>[];
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/** This file runs as test/support/fleetProcess.ts and as test/dist/support/fleetProcess.js. */
const REPOSITORY = import.meta.url.replace(/test\/(?:dist\/)?support\/[^/]*$/, '');

/** Names of the processes that can be started. */
export type FleetProcessName = 'producer' | 'worker' | 'scaler' | 'dashboard';

/**
 * Starts a process and resolves when it reports that it is ready; rejects with its last lines when it exits before
 * that.
 * @param onSpawn called with the child before it is ready, for callers that must be able to end it at any time
 * @param options command-line options of the process
 */
export async function startFleetProcess(
  name: FleetProcessName,
  environment: Readonly<Record<string, string>>,
  onSpawn?: (child: ChildProcess) => void,
  options: readonly string[] = [],
): Promise<FleetProcess> {
  const command = [...(await argumentsOf(name)), ...options];
  return startReadyProcess({ name, command, cwd: fileURLToPath(REPOSITORY), environment }, onSpawn);
}

/** A process of the fleet, wherever it is installed. */
interface Installed {
  readonly name: string;
  /** Node's arguments, relative to `cwd`. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts a process like {@link startFleetProcess}, from where it is installed. */
export async function startReadyProcess(
  { name, command, cwd, environment }: Installed,
  onSpawn?: (child: ChildProcess) => void,
): Promise<FleetProcess> {
  const child = spawn(process.execPath, [...command], {
    cwd,
    env: {
      PATH: process.env.PATH,
      NODE_OPTIONS: process.env.NODE_OPTIONS,
      PORT: '0',
      DASHBOARD_PORT: '0',
      OPS_PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onSpawn?.(child);
  const exited = once(child, 'exit');
  const lines: Record<string, unknown>[] = [];
  const reader = createInterface({ input: child.stdout });
  const ready = new Promise<string>((resolve, reject) => {
    reader.on('line', (line) => {
      const entry = parseLine(line);
      lines.push(entry);
      if (entry.msg === 'ready') resolve(String(entry.url ?? ''));
    });
    void exited.then(() => reject(new Error(`${name} ended before it was ready:\n${JSON.stringify(lines.slice(-5))}`)));
  });
  const url = await ready;
  return {
    child,
    url,
    lines,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
    kill: (signal) => child.kill(signal),
  };
}

/** The arguments that the images, the compose file and `npm start` use as well. */
async function argumentsOf(name: FleetProcessName): Promise<readonly string[]> {
  const table = (await import(new URL('deploy/local/processes.mjs', REPOSITORY).href)) as {
    readonly PROCESSES: Readonly<Record<FleetProcessName, readonly string[]>>;
  };
  return table.PROCESSES[name];
}

function parseLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { msg: line };
  }
}
