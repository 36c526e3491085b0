import type { Database } from '../connect.js';

/** How often a job was put back by workers that could not run it, since it last ran or was submitted. */
export interface PutBackCount {
  readonly times: number;
  /** Time since the first one, in ms; 0 when there was none. */
  readonly forMs: number;
}

/** Attempts that were lost, or released by a stopping worker, neither count nor reset the count. */
const READ = `
SELECT count(*)::int AS times,
       greatest(0, coalesce(extract(epoch FROM now() - min(started_at)) * 1000, 0))::float8 AS "forMs"
FROM attempts
WHERE job_id = $1 AND outcome = 'released' AND error IS NOT NULL
  AND number > coalesce((SELECT max(number) FROM attempts WHERE job_id = $1 AND outcome NOT IN ('released', 'lost')), 0)`;

/** Counts a job's put-backs from the ledger's attempts, so that the count survives restarts. */
export async function readPutBacks(db: Database, jobId: string): Promise<PutBackCount> {
  const { rows } = await db.$client.query<PutBackCount>({ name: 'read_put_backs', text: READ, values: [jobId] });
  return rows[0] ?? { times: 0, forMs: 0 };
}
