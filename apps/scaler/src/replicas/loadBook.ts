import type { TenantLoad } from '../domain/replicas.js';
import { runnableJobs } from '../domain/replicas.js';

/** What a pass found of one tenant. */
export type SeenLoad =
  | ({ readonly kind: 'counted'; readonly tenantId: string } & TenantLoad)
  /** Could not be counted: what was known of it before stands. */
  | { readonly kind: 'unreadable'; readonly tenantId: string };

/** Takes what passes find; all that the rest of the scaler needs to know of this folder. */
export interface LoadWatch {
  /** Every tenant, as the leader under this fence found them. */
  sawAll(loads: readonly SeenLoad[], fence: number): void;
  /** Some tenants; the others stand as they were. */
  sawSome(loads: readonly SeenLoad[], fence: number): void;
}

/** What is known of the fleet's load. */
export interface KnownLoad {
  /** Jobs that would run at once if there were room. */
  readonly runnable: number;
  /** When all tenants were last covered, by the monotonic clock, in ms. */
  readonly seenAllMs: number;
}

/** Keeps what passes found. */
export interface LoadBook extends LoadWatch {
  /** The load as the leader under this fence knows it; null when it has not made a full pass yet. */
  known(fence: number): KnownLoad | null;
}

/** Keeps one number for each tenant that has work; what an earlier leadership saw is not used by a later one. */
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
