import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { FleetProcess, FleetProcessName } from '../../support/fleetProcess.js';
import { startFleetProcess } from '../../support/fleetProcess.js';
import { until } from '../../support/until.js';

/** How one life of a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether the suite sent the signal. */
  readonly asked: boolean;
  /** Whether it had said that it was ready. */
  readonly ready: boolean;
}

/** A process of the fleet that an orchestrator keeps alive: one that ends is started again. */
export interface Member {
  readonly name: string;
  readonly role: FleetProcessName;
  /** Where it listens; null while it does not. */
  url(): string | null;
  /** Its `WORKER_ID` in this life. */
  id(): string;
  /** Of its process; null while there is none. */
  pid(): number | null;
  /** Everything that it logged in all its lives. */
  lines(): readonly Record<string, unknown>[];
  endings(): readonly Ending[];
  /** Resolves when it is ready for the first time. */
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it is ready, in the life after the present one if it is told to end. */
  untilReady(): Promise<void>;
  /** Ends it by SIGTERM and resolves with how it ended; it is started again as soon as it has. */
  roll(): Promise<Ending>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** What a member is started with. */
export interface MemberParts {
  readonly name: string;
  readonly role: FleetProcessName;
  /** The environment of a life, counted from 1. */
  environmentOf(life: number): Readonly<Record<string, string>>;
  /** Told where it listens, at the start of each life, and null at the end. */
  onListen?(url: string | null): void;
}

/** A process may take so long to be ready on a machine that others use, in ms. */
const START_LIMIT_MS = 180_000;

/** An orchestrator waits so long before it starts a process again, in ms. */
const RESTART_AFTER_MS = 300;

/** Starts nothing yet. */
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
      // It ended before it was ready: a server that it needs is away.
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
