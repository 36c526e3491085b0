import type { Batcher } from '@sluice/shared/lifecycle/batcher';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Database } from '@sluice/shared/postgres/connect';
import type { Settlement } from '@sluice/shared/postgres/queries/settleJobs';
import { settleJobs } from '@sluice/shared/postgres/queries/settleJobs';
import { untilWritten } from './untilWritten.js';

/** Writes how attempts ended. */
export interface LedgerWriter {
  /**
   * Commits a settlement with its neighbours of the same two milliseconds; tries again for as long as PostgreSQL is
   * away. False when the attempt no longer owns its job: nothing was written.
   */
  settle(settlement: Settlement): Promise<boolean>;
}

/** Group-commits settlements: at most 256 a statement, two statements at a time. */
export function createLedgerWriter(db: Database, log: Log): LedgerWriter {
  const batcher: Batcher<Settlement, boolean> = createBatcher({
    maxItems: 256,
    maxWaitMs: 0,
    maxFlushes: 2,
    keyOf: ({ id }) => id,
    flush: (settlements) => settleJobs(db, settlements),
  });
  return {
    settle: (settlement) => untilWritten('settle', () => batcher.add(settlement), log),
  };
}
