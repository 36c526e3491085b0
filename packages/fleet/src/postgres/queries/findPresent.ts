import type { JobError } from '@sluice/shared/contracts/deadLetter';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Database } from '../connect.js';

/** The current state of a job. */
export interface PresentJob {
  readonly id: string;
  readonly state: JobState;
  /** Number of the latest start; 0 before the first. */
  readonly attempt: number;
  readonly dueAt: Date | null;
  readonly isOver: boolean;
  /** Null until the job is over. */
  readonly result: unknown;
  readonly error: JobError | null;
}

const FIND = `
SELECT id, state, fence AS attempt, due_at AS "dueAt", finished_at IS NOT NULL AS "isOver",
       CASE WHEN finished_at IS NOT NULL THEN result END AS result,
       CASE WHEN finished_at IS NOT NULL THEN error END AS error
FROM jobs WHERE id = ANY($1::uuid[])`;

/** The current state of these jobs; those that the ledger does not have are omitted. */
export async function findPresent(db: Database, ids: readonly string[]): Promise<PresentJob[]> {
  const { rows } = await db.$client.query<PresentJob>({ name: 'find_present', text: FIND, values: [ids] });
  return rows;
}
