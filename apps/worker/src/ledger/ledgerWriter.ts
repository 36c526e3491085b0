import type { Database } from '@sluice/fleet/postgres/connect';
import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { Settlement } from '@sluice/fleet/postgres/queries/settleJobs';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { LedgerBatches } from './ledgerBatches.js';
import { untilWritten } from './untilWritten.js';

/** Writes attempts' outcomes. */
export interface LedgerWriter {
  /**
   * Commits a settlement in a batch with concurrent ones; retries while PostgreSQL is unavailable. Returns false when
   * the attempt no longer owns its job: nothing was written.
   */
  settle(settlement: Settlement): Promise<boolean>;
  /** Whether the job is currently dead. */
  isDead(tenantId: string, jobId: string): Promise<boolean>;
}

/** Writes to the ledger in batches. */
export function createLedgerWriter(turns: Pick<LedgerBatches, 'settle'>, db: Database, log: Log): LedgerWriter {
  return {
    settle: (settlement) => untilWritten('settle', () => turns.settle(settlement), log),
    isDead: async (tenantId, jobId) => (await readJobRow(db, tenantId, jobId))?.state === 'dead',
  };
}
