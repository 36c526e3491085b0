import { FleetError } from '@sluice/shared/errors/fleetError';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import { monotonicMs } from '@sluice/shared/lifecycle/clock';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Ledger } from '../postgres/ledger.js';
import { ledgerUnavailable } from '../postgres/ledger.js';
import type { Inserted, NewJob } from '../postgres/queries/insertJobs.js';
import { insertJobs } from '../postgres/queries/insertJobs.js';
import { isDataRefusal } from '../postgres/sqlState.js';
import type { BreakerState } from './breaker.js';
import { afterCall, afterTry, CLOSED, decideCall } from './breaker.js';
import type { MemoryLimit } from './memoryBudget.js';
import { createMemoryBudget } from './memoryBudget.js';
import type { PreparedJob } from './prepareJob.js';

/** Commits accepted jobs to the ledger in batches. */
export interface GroupCommit {
  /**
   * Resolves once the row is committed.
   * @throws FleetError `unavailable`: it may still have been committed
   */
  commit(job: PreparedJob): Promise<Inserted>;
  /** Resolves when nothing is in progress. */
  idle(): Promise<void>;
}

/**
 * Group commit: up to 256 rows, gathered for at most 2 ms, three commits at a time. 32 rows do not wait for more: in
 * larger commits the jobs of many clients move in lockstep, so that the ledger idles while Redis works, and vice versa.
 * @param limit of rows that wait for their commit
 */
export function createGroupCommit(ledger: Ledger, limit: MemoryLimit, log: Log): GroupCommit {
  let breaker: BreakerState = CLOSED;
  const budget = createMemoryBudget(limit);
  const insert = (rows: readonly NewJob[]): Promise<Inserted[]> => ledger((db) => insertJobs(db, rows));

  /** Rows that gathered behind a commit without a response do not each wait as long for their own. */
  async function writeUnlessDown(rows: readonly NewJob[]): Promise<readonly WrittenRow[]> {
    if (decideCall(breaker, monotonicMs()) === 'skip') throw ledgerUnavailable();
    breaker = afterTry(breaker, monotonicMs());
    try {
      const written = await writeRows(rows, insert, (err) =>
        log.error(
          { component: 'acceptor', event: 'batch_rejected', err, rows: rows.length },
          'the ledger rejected a batch of jobs: they are written one by one',
        ),
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
      // The job with the dedupeKey ended between the two statements, so the key is free now.
      return written.kind === 'duplicate' && written.jobId === job.row.id ? commit(job) : written;
    },
    idle: () => batcher.idle(),
  };
}

/** The result of a row: written, known, a duplicate, or rejected by the ledger because of its values. */
export type WrittenRow = Inserted | { readonly kind: 'refused'; readonly error: unknown };

/**
 * Writes the rows of many callers at once; when the ledger rejects one row's values, writes each row separately, so
 * that only that one fails.
 * @param onRefused called before the rows are written one by one
 * @throws the first error of `insert`, unless it is such a rejection: for example, an unavailable ledger
 */
export async function writeRows(
  rows: readonly NewJob[],
  insert: (rows: readonly NewJob[]) => Promise<readonly Inserted[]>,
  onRefused: (error: unknown) => void,
): Promise<readonly WrittenRow[]> {
  try {
    return await insert(rows);
  } catch (error) {
    if (!isDataRefusal(error)) throw error;
    onRefused(error);
  }
  return writeEach(rows, insert);
}

/**
 * Once the ledger is unavailable, the remaining rows are not tried: each would wait as long for it. Written rows stay.
 */
async function writeEach(
  rows: readonly NewJob[],
  insert: (rows: readonly NewJob[]) => Promise<readonly Inserted[]>,
): Promise<WrittenRow[]> {
  const written: WrittenRow[] = [];
  for (const row of rows) {
    try {
      written.push(...(await insert([row])));
    } catch (error) {
      written.push({ kind: 'refused', error });
      if (isDataRefusal(error)) continue;
      return [...written, ...rows.slice(written.length).map(() => ({ kind: 'refused' as const, error }))];
    }
  }
  return written;
}
