import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Batcher } from '@sluice/shared/lifecycle/batcher';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Inserted, NewJob } from '@sluice/shared/postgres/queries/insertJobs';
import { insertJobs } from '@sluice/shared/postgres/queries/insertJobs';
import type { Ledger } from '../stores/ledger.js';

/** What became of a row: written, known, a duplicate, or refused by the ledger itself. */
type Written = Inserted | { readonly kind: 'refused'; readonly error: unknown };

/** Writes accepted jobs, many in one commit. */
export interface LedgerWriter {
  /**
   * Resolves once the row is committed.
   * @throws ProblemError `unavailable`
   */
  write(row: NewJob): Promise<Inserted>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Group commit: up to 256 rows, gathered for 2 ms at most, two commits at a time. */
export function createLedgerWriter(ledger: Ledger, log: Log): LedgerWriter {
  const batcher: Batcher<NewJob, Written> = createBatcher({
    maxItems: 256,
    maxWaitMs: 2,
    maxFlushes: 2,
    flush: (rows) => writeRows(rows, ledger, log),
  });

  async function write(row: NewJob): Promise<Inserted> {
    const written = await batcher.add(row);
    if (written.kind === 'refused') throw written.error;
    return written;
  }

  return {
    async write(row) {
      const written = await write(row);
      // The job that had the dedupeKey ended between the two statements, so nothing stands in the way any more.
      return written.kind === 'duplicate' && written.jobId === row.id ? write(row) : written;
    },
    idle: () => batcher.idle(),
  };
}

/** Writes all rows at once; when the ledger refuses one, each by itself, so that nobody pays for another's row. */
async function writeRows(rows: readonly NewJob[], ledger: Ledger, log: Log): Promise<Written[]> {
  try {
    return await ledger((db) => insertJobs(db, rows));
  } catch (error) {
    if (error instanceof FleetError || rows.length === 1) throw error;
    log.error({ err: error, rows: rows.length }, 'the ledger refused a batch of jobs; they are written one by one');
  }
  const written: Written[] = [];
  for (const row of rows) {
    try {
      written.push(...(await ledger((db) => insertJobs(db, [row]))));
    } catch (error) {
      written.push({ kind: 'refused', error });
    }
  }
  return written;
}
