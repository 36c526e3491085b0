import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@sluice/fleet/postgres/connect';
import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import { insertLateJobs } from '@sluice/fleet/postgres/queries/insertLateJobs';
import { isDataRefusal } from '@sluice/fleet/postgres/sqlState';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';

/** The row of a job that its lane has, and the ledger not yet. */
export interface LateRow {
  readonly row: NewJob;
  /** Resolves when the ledger has it; rejects when that is left to the worker that runs the job. */
  readonly written: Promise<void>;
  /** From now on it is written as cancelled, in the same step. A write that is under way already says what it said. */
  cancel(): void;
}

/** Rows of jobs with `durability: redis`, on their way into the ledger. */
export interface LateRows {
  /** Writes a row soon, and for as long as the ledger is away. */
  write(row: NewJob): void;
  /** Null when it is written, or was never to be written here. */
  find(jobId: string): LateRow | null;
  /** Tries a last time what is left; the rest is left to the workers. */
  close(): Promise<void>;
}

/** Wait between two tries to write rows that the ledger did not take, in ms. */
const RETRY_MS = 500;

interface Entry {
  readonly row: NewJob;
  isCancelled: boolean;
}

/** Rows of about the same moment share a commit. */
export function createLateRows(db: Database, log: Log): LateRows {
  const closing = new AbortController();
  const late = new Map<string, LateRow>();
  const batches = createBatcher<Entry, undefined>({
    maxItems: 1_000,
    maxWaitMs: 20,
    maxFlushes: 1,
    flush: (entries) => writeUntilDone(db, entries, closing.signal),
  });
  return {
    write(row) {
      const entry: Entry = { row, isCancelled: false };
      const written = batches.add(entry).finally(() => late.delete(row.id));
      written.catch((err: unknown) => {
        log.warn({ err, jobId: row.id }, 'the row of a job is left to the worker that runs it');
      });
      const cancel = (): void => {
        entry.isCancelled = true;
      };
      late.set(row.id, { row, written, cancel });
    },
    find: (jobId) => late.get(jobId) ?? null,
    async close() {
      closing.abort();
      await batches.idle();
    },
  };
}

async function writeUntilDone(db: Database, entries: readonly Entry[], signal: AbortSignal): Promise<undefined[]> {
  for (;;) {
    try {
      await insertLateJobs(db, entries.map(toRow));
      return entries.map(() => undefined);
    } catch (error) {
      if (isDataRefusal(error) || signal.aborted) throw error;
      await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Written and cancelled in one step: between two, a process that dies would leave a job that the scaler adds again. */
function toRow({ row, isCancelled }: Entry): NewJob {
  return isCancelled ? { ...row, state: 'cancelled' } : row;
}
