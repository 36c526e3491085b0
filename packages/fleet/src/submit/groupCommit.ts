import { FleetError } from '@sluice/shared/errors/fleetError';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import { monotonicMs } from '@sluice/shared/lifecycle/clock';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Ledger } from '../postgres/ledger.js';
import { ledgerUnavailable } from '../postgres/ledger.js';
import type { Inserted, NewJob } from '../postgres/queries/insertJobs.js';
import { insertJobs } from '../postgres/queries/insertJobs.js';
import type { BreakerState } from './breaker.js';
import { afterCall, afterTry, CLOSED, decideCall } from './breaker.js';
import type { MemoryLimit } from './memoryBudget.js';
import { createMemoryBudget } from './memoryBudget.js';
import type { PreparedJob } from './prepareJob.js';
import type { WrittenRow } from './writeRows.js';
import { writeRows } from './writeRows.js';

/** Commits accepted jobs to the ledger, many at a time. */
export interface GroupCommit {
  /**
   * Resolves once the row is committed.
   * @throws FleetError `unavailable`: it may have been committed all the same
   */
  commit(job: PreparedJob): Promise<Inserted>;
  /** Resolves when nothing is in progress. */
  idle(): Promise<void>;
}

/**
 * Group commit: up to 256 rows, gathered for 2 ms at most, three commits at a time. 32 need not wait for more: in larger ones
 * the jobs of many clients move in lockstep, so that the ledger idles while Redis works, and the other way round.
 * @param limit of rows that wait for their commit
 */
export function createGroupCommit(ledger: Ledger, limit: MemoryLimit, log: Log): GroupCommit {
  let breaker: BreakerState = CLOSED;
  const budget = createMemoryBudget(limit);
  const insert = (rows: readonly NewJob[]): Promise<Inserted[]> => ledger((db) => insertJobs(db, rows));

  /** Rows that gathered behind a commit that got no answer do not each wait as long for theirs. */
  async function writeUnlessDown(rows: readonly NewJob[]): Promise<readonly WrittenRow[]> {
    if (decideCall(breaker, monotonicMs()) === 'skip') throw ledgerUnavailable();
    breaker = afterTry(breaker, monotonicMs());
    try {
      const written = await writeRows(rows, insert, (err) =>
        log.error({ err, rows: rows.length }, 'the ledger rejected a batch of jobs: they are written one by one'),
      );
      breaker = afterCall('done', monotonicMs());
      return written;
    } catch (error) {
      if (error instanceof FleetError) breaker = afterCall('silent', monotonicMs());
      throw error;
    }
  }

  const batcher = createBatcher<NewJob, WrittenRow>({
    maxItems: 256,
    enoughItems: 32,
    maxWaitMs: 2,
    maxFlushes: 3,
    flush: writeUnlessDown,
  });

  async function commit({ row, bytes }: PreparedJob): Promise<Inserted> {
    const written = await budget.hold(bytes, () => batcher.add(row));
    if (written.kind === 'refused') throw written.error;
    return written;
  }

  return {
    async commit(job) {
      const written = await commit(job);
      // The job that had the dedupeKey ended between the two statements, so the key is free now.
      return written.kind === 'duplicate' && written.jobId === job.row.id ? commit(job) : written;
    },
    idle: () => batcher.idle(),
  };
}
