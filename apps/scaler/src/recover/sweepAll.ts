import type { ComparedRows, Permit, RecoverDeps, RecoveredRows } from './recoverRows.js';
import { addLost, compareRows } from './recoverRows.js';
import { readAhead, unfinishedPages } from './unfinishedPages.js';

/** Rows per page: large enough for bulk adds, small enough to stop soon after leadership is lost. */
const ROWS_PER_PAGE = 1_000;

/** Running totals of a sweep. */
export interface SweepSums {
  readonly rows: number;
  readonly added: number;
  /** Rows that could not be decided yet, see `recoverRows`. */
  readonly undecided: number;
}

/** The outcome of a sweep. */
export interface SweptAll extends SweepSums {
  /** Whether it completed; it stops early when its permit ends. */
  readonly finished: boolean;
}

/**
 * Compares the unfinished jobs of these buckets with Redis, at full speed, and adds what Redis does not hold. Adds one
 * page at a time, so that a lane's jobs keep their order; all lanes of a page in parallel, while the next page is
 * compared and the one after it read.
 * @param onPage receives each page and the totals including it
 */
export async function sweepAll(
  buckets: ReadonlySet<number>,
  permit: Permit,
  deps: RecoverDeps,
  onPage: (page: RecoveredRows, sums: SweepSums) => Promise<void> | void,
): Promise<SweptAll> {
  let sums: SweepSums = { rows: 0, added: 0, undecided: 0 };
  for await (const compared of readAhead(comparedPages(buckets, deps))) {
    if (!permit.holds()) return { ...sums, finished: false };
    const page = await addLost(compared, permit, deps);
    sums = {
      rows: sums.rows + page.rows,
      added: sums.added + page.added.length,
      undecided: sums.undecided + page.undecided,
    };
    await onPage(page, sums);
  }
  return { ...sums, finished: permit.holds() };
}

async function* comparedPages(buckets: ReadonlySet<number>, deps: RecoverDeps): AsyncGenerator<ComparedRows> {
  const pages = unfinishedPages(deps.db, { buckets, rowsPerPage: ROWS_PER_PAGE });
  for await (const rows of readAhead(pages)) yield await compareRows(rows, deps);
}
