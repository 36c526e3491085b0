import { setTimeout as pause } from 'node:timers/promises';
import { nowMs } from '../harness/childCalls.js';

/** What a worker process has run since it was last told to forget. */
export interface TallyState {
  readonly done: number;
  /** Tenants of which a job has ended. */
  readonly tenants: number;
  /** When the first job began, and the last one ended, by `nowMs`; null for none. */
  readonly firstStartMs: number | null;
  readonly lastEndMs: number | null;
}

/** Something to wait for: so many jobs ended, of so many tenants, and so many of them timed. */
export interface TallyGoal {
  readonly jobs?: number | undefined;
  readonly tenants?: number | undefined;
  readonly timed?: number | undefined;
}

/** Counts the jobs of a worker process, in the same way on both sides. */
export interface Tally {
  /** The work of a job: nothing, or waiting for as long as a job takes. */
  run(tenant: number, data: unknown): Promise<void>;
  /** Forgets what was counted. */
  reset(): void;
  state(): TallyState;
  /** Resolves when the goal is reached: at once when it already is. */
  reach(goal: TallyGoal): Promise<void>;
  /** Time from the add to the start of each job that was to be timed, in ms. */
  waits(): readonly number[];
  /** Jobs ended, by the number of the tenant, from after the first `after` until a tenant has ended `first`. */
  race(course: { readonly after: number; readonly first: number }): Promise<readonly number[]>;
}

/**
 * @param tenants how many there are
 * @param serviceMs how long each job takes; with 0 it ends at once
 */
export function createTally(tenants: number, serviceMs: number): Tally {
  let done = 0;
  let served = 0;
  let firstStartMs: number | null = null;
  let lastEndMs: number | null = null;
  const doneOf = new Uint32Array(tenants);
  let waits: number[] = [];
  let timedDone = 0;
  let goals: (() => boolean)[] = [];

  function waitFor(reached: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): boolean => {
        if (!reached()) return false;
        resolve();
        return true;
      };
      if (!check()) goals.push(check);
    });
  }

  function ended(tenant: number, timed: boolean): void {
    lastEndMs = nowMs();
    done++;
    if (timed) timedDone++;
    const before = doneOf[tenant] ?? 0;
    if (before === 0) served++;
    doneOf[tenant] = before + 1;
    if (goals.length > 0) goals = goals.filter((check) => !check());
  }

  return {
    async run(tenant, data) {
      const startMs = nowMs();
      firstStartMs ??= startMs;
      const addedMs = addedMsOf(data);
      if (addedMs !== null) waits.push(startMs - addedMs);
      if (serviceMs > 0) await pause(serviceMs);
      ended(tenant, addedMs !== null);
    },
    reset() {
      done = 0;
      served = 0;
      firstStartMs = null;
      lastEndMs = null;
      doneOf.fill(0);
      waits = [];
      timedDone = 0;
    },
    state: () => ({ done, tenants: served, firstStartMs, lastEndMs }),
    reach: ({ jobs = 0, tenants: some = 0, timed = 0 }) =>
      waitFor(() => done >= jobs && served >= some && timedDone >= timed),
    waits: () => waits,
    async race({ after, first }) {
      await waitFor(() => done >= after);
      const from = doneOf.slice();
      let until = from;
      await waitFor(() => {
        if (!doneOf.some((count) => count >= first)) return false;
        until = doneOf.slice();
        return true;
      });
      return Array.from(until, (count, tenant) => count - (from[tenant] ?? 0));
    },
  };
}

/** When a job was added, if it is one that is to be timed. */
function addedMsOf(data: unknown): number | null {
  if (typeof data !== 'object' || data === null || !('addedMs' in data)) return null;
  return typeof data.addedMs === 'number' ? data.addedMs : null;
}
