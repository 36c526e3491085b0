/** Every attempt in the ledger as an SQL table: ended ones, and running ones, which only their jobs' rows record. */
export const ATTEMPTS = `(
  SELECT job_id, number, worker_id, outcome FROM attempts
  UNION ALL
  SELECT id, fence, worker_id, NULL FROM jobs WHERE state = 'active'
) AS attempts`;
