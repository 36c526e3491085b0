import type { TenantLoad } from '../domain/replicas.js';
import { runnableJobs } from '../domain/replicas.js';

/** A tenant's load as observed by a pass. */
export type SeenLoad =
  | ({ readonly kind: 'counted'; readonly tenantId: string } & TenantLoad)
  /** Could not be counted: its previous load remains. */
  | { readonly kind: 'unreadable'; readonly tenantId: string };

/** Receives the loads that passes observe; the only part of this folder that the rest of the scaler uses. */
export interface LoadWatch {
  /** Receives all tenants, as observed by the leader with this fence. */
  sawAll(loads: readonly SeenLoad[], fence: number): void;
  /** Receives some tenants; the others remain unchanged. */
  sawSome(loads: readonly SeenLoad[], fence: number): void;
}

/** The known load of the fleet. */
export interface KnownLoad {
  /** Jobs that would run at once given enough capacity. */
  readonly runnable: number;
  /** When all tenants were last covered, by the monotonic clock, in ms. */
  readonly seenAllMs: number;
}

/** Stores the loads that passes observed. */
export interface LoadBook extends LoadWatch {
  /** Returns the load known to the leader with this fence; null before its first full pass. */
  known(fence: number): KnownLoad | null;
}

/** Keeps one number for each tenant with work; an earlier leadership's observations are not used by a later one. */
export function createLoadBook(slotConcurrency: number, monotonicMs: () => number): LoadBook {
  let runnableOf = new Map<string, number>();
  let seenAll: { readonly fence: number; readonly atMs: number } | null = null;
  let runnable = 0;

  function note(loads: readonly SeenLoad[], into: Map<string, number>, before: ReadonlyMap<string, number>): void {
    for (const load of loads) {
      const jobs = load.kind === 'counted' ? runnableJobs(load, slotConcurrency) : (before.get(load.tenantId) ?? 0);
      if (jobs > 0) into.set(load.tenantId, jobs);
      else into.delete(load.tenantId);
    }
    runnable = [...into.values()].reduce((sum, jobs) => sum + jobs, 0);
  }

  return {
    sawAll(loads, fence) {
      const fresh = new Map<string, number>();
      note(loads, fresh, seenAll?.fence === fence ? runnableOf : new Map());
      runnableOf = fresh;
      seenAll = { fence, atMs: monotonicMs() };
    },
    sawSome(loads, fence) {
      if (seenAll?.fence === fence) note(loads, runnableOf, runnableOf);
    },
    known: (fence) => (seenAll?.fence === fence ? { runnable, seenAllMs: seenAll.atMs } : null),
  };
}
