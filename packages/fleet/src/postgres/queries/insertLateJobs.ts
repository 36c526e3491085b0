import type { Database } from '../connect.js';
import { fillAdoptedJobs } from './fillAdoptedJobs.js';
import type { NewJob } from './insertJobs.js';
import { insertJobs } from './insertJobs.js';

/**
 * Writes rows of jobs that Redis holds already. A worker may have been faster: it wrote what it could see of the job, and the rest
 * is filled in. Another job may have come to the ledger with the same dedupeKey while this one was known to Redis alone: both
 * were accepted, so both get a row.
 */
export async function insertLateJobs(db: Database, rows: readonly NewJob[]): Promise<void> {
  const written = await insertJobs(db, rows);
  const ofKind = (kind: string): NewJob[] => rows.filter((_, index) => written[index]?.kind === kind);
  const second = ofKind('duplicate').map((row) => ({ ...row, dedupeKey: null }));
  if (second.length > 0) await insertJobs(db, second);
  await fillAdoptedJobs(db, ofKind('known'));
}
