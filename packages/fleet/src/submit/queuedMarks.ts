import type { Log } from '@sluice/shared/lifecycle/service';
import type { Ledger } from '../postgres/ledger.js';
import { markFreshQueued } from '../postgres/queries/markFreshQueued.js';

/**
 * Records in the ledger which jobs Redis has. Nothing waits for it: without the mark the scaler adds a job once more.
 */
export interface QueuedMarks {
  note(id: string): void;
  /** Writes the pending marks; resolves when nothing is in progress. */
  flush(): Promise<void>;
}

/**
 * Maximum wait of a mark for others, in ms. Most jobs have started by then, which marks them as well and leaves this
 * statement nothing to change. Shorter than the time after which the scaler assumes that an unmarked job never reached
 * Redis.
 */
const WAIT_MS = 1_000;

/** Maximum number of marks per statement. */
const MOST = 5_000;

/** Batches the pending marks into one update, one update at a time. */
export function createQueuedMarks(ledger: Ledger, log: Log): QueuedMarks {
  let gathered: string[] = [];
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  async function write(ids: readonly string[]): Promise<void> {
    await ledger((db) => markFreshQueued(db, ids)).catch((err: unknown) => {
      log.debug(
        { component: 'acceptor', event: 'jobs_not_marked_queued', err, jobs: ids.length },
        'failed to mark jobs as queued: the scaler checks them',
      );
    });
  }

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const ids = gathered;
    gathered = [];
    if (ids.length > 0) writing = writing.then(() => write(ids));
    return writing;
  }

  return {
    note(id) {
      if (gathered.push(id) >= MOST) void flush();
      else timer ??= setTimeout(flush, WAIT_MS);
    },
    flush,
  };
}
