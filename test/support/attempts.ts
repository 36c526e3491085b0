/** Every attempt of the ledger as a table for SQL: those that ended, and those that run, which their jobs' rows tell. */
export const ATTEMPTS = `(
  SELECT job_id, number, worker_id, outcome FROM attempts
  UNION ALL
  SELECT id, fence, worker_id, NULL FROM jobs WHERE state = 'active'
) AS attempts`;
