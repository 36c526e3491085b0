import type { Database } from '@sluice/fleet/postgres/connect';
import { readUnfinishedRows } from '@sluice/fleet/postgres/queries/unfinishedRows';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { writeQueuedJobs } from '../../support/writeJobs.js';

const ROWS = 10_000;

let space: FleetSpace;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());

/** The statement that is sent, and what goes with it. */
interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

async function sentBy(ask: (db: Database) => Promise<unknown>): Promise<Sent> {
  const sent: Sent[] = [];
  const query = async (one: Sent): Promise<{ rows: never[] }> => {
    sent.push(one);
    return { rows: [] };
  };
  await ask({ $client: { query } } as unknown as Database);
  const [first] = sent;
  if (first === undefined) throw new Error('nothing was sent');
  return first;
}

it('finds unfinished jobs tenant by tenant, though the statistics say that all jobs are of one tenant', async () => {
  const { db } = space.postgres;
  await writeQueuedJobs(db, { tenants: ['old'], jobs: ROWS });
  await db.$client.query('ANALYZE jobs');
  await db.$client.query('TRUNCATE jobs');
  const tenants = Array.from({ length: 300 }, (_, index) => `tenant-${index}`).sort();
  await writeQueuedJobs(db, { tenants, jobs: ROWS });
  const afterId = '00000000-0000-0000-0000-000000000000';
  const { text, values } = await sentBy((asked) => readUnfinishedRows(asked, tenants, { afterId, limit: 1_000 }));
  const { rows } = await db.$client.query({ text: `EXPLAIN ${text}`, values: [...values] });
  const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
  expect(plan).toMatch(/jobs_unfinished|jobs_newest_first/);
  expect(plan).not.toContain('jobs_pkey');
});
