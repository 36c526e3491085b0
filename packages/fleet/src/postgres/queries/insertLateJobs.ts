import type { Database } from '../connect.js';
import { fillAdoptedJobs } from './fillAdoptedJobs.js';
import type { NewJob } from './insertJobs.js';
import { insertJobs } from './insertJobs.js';

/**
 * Writes rows of jobs that Redis already has. If a worker was faster and wrote what it knew of the job, the rest is
 * filled in. Another job with the same dedupeKey may have reached the ledger while only Redis knew this one: both were
 * accepted, so both get a row.
 */
export async function insertLateJobs(db: Database, rows: readonly NewJob[]): Promise<void> {
  const written = await insertJobs(db, rows);
  const ofKind = (kind: string): NewJob[] => rows.filter((_, index) => written[index]?.kind === kind);
  const second = ofKind('duplicate').map((row) => ({ ...row, dedupeKey: null }));
  if (second.length > 0) await insertJobs(db, second);
  await fillAdoptedJobs(db, ofKind('known'));
}
