import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { FleetProcess, FleetProcessName } from '../../support/fleetProcess.js';
import { startFleetProcess } from '../../support/fleetProcess.js';
import { until } from '../../support/until.js';

/** How one run of a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether the suite sent the signal. */
  readonly asked: boolean;
  /** Whether it had reported that it was ready. */
  readonly ready: boolean;
}

/** A process of the fleet that an orchestrator restarts whenever it ends. */
export interface Member {
  readonly name: string;
  readonly role: FleetProcessName;
  /** The URL it listens on; null while it does not. */
  url(): string | null;
  /** Its `WORKER_ID` in this run. */
  id(): string;
  /** Pid of its process; null while none runs. */
  pid(): number | null;
  /** Everything that it logged in all its runs. */
  lines(): readonly Record<string, unknown>[];
  endings(): readonly Ending[];
  /** Resolves when it is ready for the first time. */
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it is ready; if it is being stopped, in its next run. */
  untilReady(): Promise<void>;
  /** Ends it with SIGTERM and resolves with how it ended; it is then restarted. */
  roll(): Promise<Ending>;
  /** Stops it for good. */
  stop(): Promise<void>;
}

/** Options of a member. */
export interface MemberParts {
  readonly name: string;
  readonly role: FleetProcessName;
  /** The environment of a run, counted from 1. */
  environmentOf(life: number): Readonly<Record<string, string>>;
  /** Called with its URL at the start of each run, and with null at the end. */
  onListen?(url: string | null): void;
}

/** How long a process may take to become ready on a shared machine, in ms. */
const START_LIMIT_MS = 180_000;

/** Delay before the orchestrator restarts a process, in ms. */
const RESTART_AFTER_MS = 300;

/** Creates a member; starts nothing yet. */
export function createMember({ name, role, environmentOf, onListen }: MemberParts): Member {
  const lives: FleetProcess[] = [];
  const endings: Ending[] = [];
  let child: ChildProcess | null = null;
  let current: FleetProcess | null = null;
  let life = 0;
  let wanted = false;
  let asked = false;
  let loop: Promise<void> = Promise.resolve();

  async function live(): Promise<void> {
    asked = false;
    let exited: Promise<unknown> = Promise.resolve();
    const environment = environmentOf(++life);
    const started = startFleetProcess(role, environment, (spawned) => {
      child = spawned;
      exited = once(spawned, 'exit');
    });
    try {
      current = await started;
      lives.push(current);
      onListen?.(current.url);
    } catch {
      // It ended before it was ready: a server that it needs is down.
    }
    await exited;
    onListen?.(null);
    endings.push({
      code: child?.exitCode ?? null,
      signal: child?.signalCode ?? null,
      asked,
      ready: current !== null,
    });
    current = null;
  }

  async function keepAlive(): Promise<void> {
    while (wanted) {
      await live();
      if (wanted) await pause(RESTART_AFTER_MS);
    }
  }

  function signal(what: NodeJS.Signals): void {
    if (what === 'SIGKILL' || what === 'SIGTERM') asked = true;
    child?.kill(what);
  }
  const untilReady = async (): Promise<void> => {
    await until(`${name} is ready`, () => current !== null && !asked, START_LIMIT_MS);
  };
  return {
    name,
    role,
    url: () => current?.url ?? null,
    id: () => environmentOf(life).WORKER_ID ?? name,
    pid: () => (current === null ? null : (child?.pid ?? null)),
    lines: () => lives.flatMap(({ lines }) => lines),
    endings: () => endings,
    async start() {
      wanted = true;
      loop = keepAlive();
      await untilReady();
    },
    signal,
    untilReady,
    async roll() {
      const before = endings.length;
      signal('SIGTERM');
      return until(`${name} has ended`, () => endings[before], 60_000);
    },
    async stop() {
      wanted = false;
      child?.kill('SIGCONT');
      signal('SIGTERM');
      const timer = setTimeout(() => child?.kill('SIGKILL'), 20_000);
      await loop;
      clearTimeout(timer);
    },
  };
}
