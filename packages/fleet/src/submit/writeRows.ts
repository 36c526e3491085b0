import type { Inserted, NewJob } from '../postgres/queries/insertJobs.js';
import { isDataRefusal } from '../postgres/sqlState.js';

/** What became of a row: written, known, a duplicate, or refused by the ledger for what it holds. */
export type WrittenRow = Inserted | { readonly kind: 'refused'; readonly error: unknown };

/**
 * Writes the rows of many callers at once; when the ledger refuses what one holds, each by itself, so that nobody pays for
 * another's row.
 * @param onRefused called before they are written one by one
 * @throws whatever `insert` throws at first but a refusal, such as that the ledger is away
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

/** Once the ledger is away the others are not tried: each would wait for it as long again. What was written stays so. */
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
