import { setTimeout as pause } from 'node:timers/promises';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Ledger } from '../postgres/ledger.js';
import type { NewJob } from '../postgres/queries/insertJobs.js';
import { insertLateJobs } from '../postgres/queries/insertLateJobs.js';
import type { MemoryLimit } from './memoryBudget.js';
import { createMemoryBudget } from './memoryBudget.js';
import type { PreparedJob } from './prepareJob.js';

/** The row of a job that is in its lane but not in the ledger yet. */
export interface LateRow {
  readonly row: NewJob;
  /** Resolves when the ledger has it; rejects when that is left to the worker that runs the job. */
  readonly written: Promise<void>;
  /** From now on it is written as cancelled, in the same statement. A write in progress is not affected. */
  cancel(): void;
}

/** Memory reserved for a row, which is then either written, once its job is in its lane, or released. */
export interface ReservedRow {
  write(): void;
  release(): void;
}

/** Rows of jobs with `durability: redis`, on their way into the ledger. */
export interface LateRows {
  /**
   * Reserves memory for a job's row.
   * @throws ProblemError `unavailable` when too many rows wait for the ledger
   */
  reserve(job: PreparedJob): ReservedRow;
  /** Null when the row is written, or is not written by this process. */
  find(jobId: string): LateRow | null;
  /** After the deadline each row is tried at most once more; the workers that run the jobs write the rest. */
  stopRetryingAt(deadline: AbortSignal): void;
  /** Resolves when nothing waits or is in progress. */
  idle(): Promise<void>;
}

/** Memory of a row besides its job's data, in bytes. */
const ROW_BYTES = 512;

/** Back-off between attempts while the ledger is down, in ms. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

interface Entry {
  readonly row: NewJob;
  readonly bytes: number;
  isCancelled: boolean;
  written: Promise<void>;
}

/**
 * The background half of `durability: redis`: the row is written after the job, and retried for as long as the ledger
 * is down. Rows that arrive at about the same time share a commit.
 * @param limit of waiting rows; above it, jobs with `durability: redis` are refused until the ledger is available again
 */
export function createLateRows(ledger: Ledger, limit: MemoryLimit, log: Log): LateRows {
  const stopping = new AbortController();
  const budget = createMemoryBudget(limit);
  const waiting = new Map<string, Entry>();

  async function writeUntilDone(entries: readonly Entry[]): Promise<undefined[]> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      try {
        await ledger((db) => insertLateJobs(db, entries.map(toRow)));
        return entries.map(() => undefined);
      } catch (error) {
        if (!(error instanceof FleetError) || stopping.signal.aborted) throw error;
        log.warn(
          { component: 'acceptor', event: 'late_rows_not_written', err: error, rows: entries.length },
          'failed to write rows of queued jobs: retrying',
        );
        await pause(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const batcher = createBatcher<Entry, undefined>({
    maxItems: 1_000,
    maxWaitMs: 20,
    maxFlushes: 1,
    flush: writeUntilDone,
  });

  /** Many rows may wait: an entry is small, and the result of `find` is created on request. */
  function write(row: NewJob, bytes: number): void {
    const entry: Entry = { row, bytes, isCancelled: false, written: Promise.resolve() };
    entry.written = batcher.add(entry).finally(() => {
      waiting.delete(row.id);
      budget.release(bytes);
    });
    entry.written.catch((err: unknown) => {
      log.error(
        { component: 'acceptor', event: 'late_row_given_up', err, jobId: row.id },
        'failed to write the row of a queued job: left to the worker that runs it',
      );
    });
    waiting.set(row.id, entry);
  }

  return {
    reserve({ row, bytes }) {
      const rowBytes = bytes + ROW_BYTES;
      if (!budget.reserve(rowBytes)) {
        throw new ProblemError('unavailable', 'Too many jobs wait for the ledger.', { retryAfterSeconds: 2 });
      }
      return { release: () => budget.release(rowBytes), write: () => write(row, rowBytes) };
    },
    find(jobId) {
      const entry = waiting.get(jobId);
      if (entry === undefined) return null;
      const cancel = (): void => {
        entry.isCancelled = true;
      };
      return { row: entry.row, written: entry.written, cancel };
    },
    stopRetryingAt(deadline) {
      const stop = (): void => stopping.abort();
      if (deadline.aborted) stop();
      else deadline.addEventListener('abort', stop, { once: true });
    },
    idle: () => batcher.idle(),
  };
}

/** Written and cancelled in one statement: between two, a crash would leave a job that the scaler adds again. */
function toRow({ row, isCancelled }: Entry): NewJob {
  return isCancelled ? { ...row, state: 'cancelled' } : row;
}
