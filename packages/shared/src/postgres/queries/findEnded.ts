import type { JobError } from '../../contracts/deadLetter.js';
import type { JobState } from '../../contracts/jobStates.js';
import type { Database } from '../connect.js';

/** How a job ended. */
export interface JobEnd {
  readonly id: string;
  readonly state: JobState;
  readonly result: unknown;
  readonly error: JobError | null;
}

const FIND = 'SELECT id, state, result, error FROM jobs WHERE id = ANY($1::uuid[]) AND finished_at IS NOT NULL';

/** Which of these jobs are over, with how they ended. */
export async function findEnded(db: Database, ids: readonly string[]): Promise<JobEnd[]> {
  const { rows } = await db.$client.query<JobEnd>({ name: 'find_ended', text: FIND, values: [ids] });
  return rows;
}
