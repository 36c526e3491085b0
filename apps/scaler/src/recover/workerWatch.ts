import type { LiveWorker } from '@sluice/fleet/redis/commands/processes';
import type { Whereabouts } from '@sluice/shared/domain/recovery';

/** A reading is valid for this long, in ms. */
const CHECK_EVERY_MS = 2_000;

/** After a longer gap between two passes the watch starts over, in ms: which processes lived meanwhile is unknown. */
const GAP_MS = 5_000;

/**
 * A worker process without a heartbeat for this long is gone, in ms. Heartbeats come every second, and resume within
 * seconds after Redis was emptied; a lease and a heartbeat have expired by then (10 s and 5 s by default).
 */
export const GONE_AFTER_MS = 15_000;

/** Tracks which worker processes sent heartbeats. */
export interface WorkerWatch {
  /** Reads the heartbeats, unless it did so within the last two seconds. */
  refresh(): Promise<void>;
  whereabouts(workerId: string): Whereabouts;
}

/**
 * Distinguishes a process that is gone from one not seen yet: right after Redis was emptied no process seems to be
 * alive.
 * @param read returns the workers whose heartbeat has not expired
 * @param monotonicMs a monotonic clock, in ms
 */
export function createWorkerWatch(
  read: () => Promise<readonly Pick<LiveWorker, 'id'>[]>,
  monotonicMs: () => number,
  goneAfterMs = GONE_AFTER_MS,
): WorkerWatch {
  let sinceMs = Number.POSITIVE_INFINITY;
  let checkedMs = Number.NEGATIVE_INFINITY;
  let alive = new Set<string>();
  const lastSeenMs = new Map<string, number>();

  return {
    async refresh() {
      if (monotonicMs() - checkedMs < CHECK_EVERY_MS) return;
      const workers = await read();
      const nowMs = monotonicMs();
      if (nowMs - checkedMs > GAP_MS) sinceMs = nowMs;
      checkedMs = nowMs;
      alive = new Set(workers.map(({ id }) => id));
      for (const id of alive) lastSeenMs.set(id, nowMs);
      for (const [id, seenMs] of lastSeenMs) if (nowMs - seenMs > goneAfterMs) lastSeenMs.delete(id);
    },
    whereabouts(workerId) {
      const nowMs = monotonicMs();
      // Old observations say nothing about the present.
      if (nowMs - checkedMs > GAP_MS) return 'unknown';
      if (alive.has(workerId)) return 'alive';
      if (lastSeenMs.has(workerId)) return 'unknown';
      return nowMs - sinceMs >= goneAfterMs ? 'gone' : 'unknown';
    },
  };
}
