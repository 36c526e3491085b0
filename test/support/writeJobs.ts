import type { Database } from '@sluice/fleet/postgres/connect';
import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { newId } from '@sluice/shared/ids/ids';
import { newJob } from './newJob.js';

const ROWS_PER_INSERT = 1_000;

/**
 * Writes jobs to the ledger in state `queued`, round-robin over the tenants, as if written ten minutes ago.
 * @returns their ids in order of acceptance
 */
export async function writeQueuedJobs(
  db: Database,
  { tenants, jobs, ...change }: { readonly tenants: readonly string[]; readonly jobs: number } & Partial<NewJob>,
): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < jobs; from += ROWS_PER_INSERT) {
    const some = Array.from({ length: Math.min(ROWS_PER_INSERT, jobs - from) }, (_, index) =>
      newJob({ state: 'queued', ...change, id: newId(), tenantId: tenants[(from + index) % tenants.length] ?? 'acme' }),
    );
    await insertJobs(db, some);
    ids.push(...some.map(({ id }) => id));
  }
  await ageRows(db);
  return ids;
}

/** Backdates `updated_at` of every unfinished row to ten minutes ago. */
export async function ageRows(db: Database): Promise<void> {
  await db.$client.query("UPDATE jobs SET updated_at = now() - interval '10 minutes' WHERE finished_at IS NULL");
}
