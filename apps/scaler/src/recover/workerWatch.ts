import type { LiveWorker } from '@sluice/fleet/redis/commands/processes';
import type { Whereabouts } from '@sluice/shared/domain/recovery';

/** A reading is valid for this long, in ms. */
const CHECK_EVERY_MS = 2_000;

/** After a longer pause between two passes the watch begins anew, in ms: nobody knows who lived meanwhile. */
const GAP_MS = 5_000;

/**
 * A worker process that did not say that it lives for so long is gone, in ms. Heartbeats come every second, and go on within
 * seconds after Redis was emptied; a lease and a heartbeat are over by then (10 s and 5 s unless set otherwise).
 */
export const GONE_AFTER_MS = 15_000;

/** Remembers which worker processes said that they live. */
export interface WorkerWatch {
  /** Reads the heartbeats, unless it did within the last two seconds. */
  refresh(): Promise<void>;
  whereabouts(workerId: string): Whereabouts;
}

/**
 * Tells whether a process is gone rather than unheard of: right after Redis was emptied nobody seems to live.
 * @param read the workers whose heartbeat has not ended
 * @param monotonicMs a clock that never jumps, in ms
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
      // What was seen long ago says nothing of now.
      if (nowMs - checkedMs > GAP_MS) return 'unknown';
      if (alive.has(workerId)) return 'alive';
      if (lastSeenMs.has(workerId)) return 'unknown';
      return nowMs - sinceMs >= goneAfterMs ? 'gone' : 'unknown';
    },
  };
}
