import { markFreshQueued } from '@sluice/fleet/postgres/queries/markFreshQueued';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Ledger } from '../stores/ledger.js';

/** Notes in the ledger which jobs Redis has. Nobody waits for it: without the mark the scaler adds a job once more. */
export interface QueuedMarks {
  note(id: string): void;
  /** Writes what was noted; resolves when nothing is under way. */
  idle(): Promise<void>;
}

/**
 * A mark waits so long for others, in ms. Most jobs have started by then, which marks them as well and leaves this statement
 * nothing to change. Below the time after which the scaler takes an unmarked job for one that never came into Redis.
 */
const WAIT_MS = 1_000;

/** One update for as many as have gathered. */
export function createQueuedMarks(ledger: Ledger, log: Log): QueuedMarks {
  const marks = createBatcher<string, undefined>({
    maxItems: 5_000,
    maxWaitMs: WAIT_MS,
    maxFlushes: 1,
    async flush(ids) {
      await ledger((db) => markFreshQueued(db, ids));
      return ids.map(() => undefined);
    },
  });
  return {
    note(id) {
      marks.add(id).catch((err: unknown) => log.debug({ err }, 'a job in its lane could not be marked as queued'));
    },
    idle: () => marks.idle(),
  };
}
