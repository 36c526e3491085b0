import type { Batcher } from '@sluice/shared/lifecycle/batcher';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Database } from '@sluice/shared/postgres/connect';
import { readJobRow } from '@sluice/shared/postgres/queries/readJob';
import type { Settlement } from '@sluice/shared/postgres/queries/settleJobs';
import { settleJobs } from '@sluice/shared/postgres/queries/settleJobs';
import { isDataRefusal } from '@sluice/shared/postgres/sqlState';
import { untilWritten } from './untilWritten.js';

/** Writes how attempts ended. */
export interface LedgerWriter {
  /**
   * Commits a settlement with its neighbours of the same moment; tries again for as long as PostgreSQL is
   * away. False when the attempt no longer owns its job: nothing was written.
   */
  settle(settlement: Settlement): Promise<boolean>;
  /** Whether the job is dead at this moment. */
  isDead(tenantId: string, jobId: string): Promise<boolean>;
}

/** One settlement could not be written, though its neighbours could. */
interface Refused {
  readonly error: unknown;
}

/** Group-commits settlements: at most 64 a statement, two statements at a time. */
export function createLedgerWriter(db: Database, log: Log): LedgerWriter {
  const batcher: Batcher<Settlement, boolean | Refused> = createBatcher({
    maxItems: 64,
    maxWaitMs: 0,
    maxFlushes: 2,
    keyOf: ({ id }) => id,
    flush: (settlements) => settleAll(db, settlements, log),
  });
  async function settleOnce(settlement: Settlement): Promise<boolean> {
    const taken = await batcher.add(settlement);
    if (typeof taken === 'object') throw taken.error;
    return taken;
  }
  return {
    settle: (settlement) => untilWritten('settle', () => settleOnce(settlement), log),
    isDead: async (tenantId, jobId) => (await readJobRow(db, tenantId, jobId))?.state === 'dead',
  };
}

/** Settles all at once; when the ledger refuses what one holds, each by itself, so that nobody waits for another's. */
async function settleAll(db: Database, settlements: readonly Settlement[], log: Log): Promise<(boolean | Refused)[]> {
  try {
    return await settleJobs(db, settlements);
  } catch (error) {
    if (!isDataRefusal(error)) throw error;
    log.error({ err: error, jobs: settlements.map(({ id }) => id) }, 'the ledger refused a batch of settlements');
  }
  return Promise.all(
    settlements.map(async (settlement) => {
      try {
        return (await settleJobs(db, [settlement]))[0] ?? false;
      } catch (error) {
        return { error };
      }
    }),
  );
}
