import type { ComparedRows, Permit, RecoverDeps, RecoveredRows } from './recoverRows.js';
import { addLost, compareRows } from './recoverRows.js';
import { readAhead, unfinishedPages } from './unfinishedPages.js';

/** Rows that are compared at a time: large enough for bulk adds, small enough for a plain answer to a lost lead. */
const ROWS_PER_PAGE = 1_000;

/** What a sweep has done so far. */
export interface SweepSums {
  readonly rows: number;
  readonly added: number;
  /** Rows that could not be judged yet, see `recoverRows`. */
  readonly undecided: number;
}

/** What a sweep came to. */
export interface SweptAll extends SweepSums {
  /** Whether it came to the end; it ends early when its permit does. */
  readonly finished: boolean;
}

/**
 * Compares the unfinished jobs of these buckets with Redis, at full speed, and adds what Redis does not hold. One page is
 * added at a time, so that a lane's jobs keep their order; all lanes of a page are, at once, while the next page is compared and
 * the one after it read.
 * @param onPage told of each page and of the sums with it
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
