import type { Session } from '@sluice/fleet/postgres/connect';
import { inTenant } from '@sluice/fleet/postgres/inTenant';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { readJob } from '@sluice/fleet/postgres/queries/readJob';
import { newId } from '@sluice/shared/ids/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newJob } from '../../support/newJob.js';

let space: FleetSpace;

/** How a row of each tenant table is written: with what besides its tenant it needs. */
const ROW_OF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  jobs: {
    id: 'gen_random_uuid()',
    role: "'member'",
    task: "'t'",
    queue_class: "'c'",
    state: "'completed'",
    priority: '1',
    data: "'{}'",
    max_attempts: '1',
    timeout_ms: '1',
    durability: "'ledger'",
  },
  attempts: { job_id: 'gen_random_uuid()', number: '1', worker_id: "'w'" },
  dead_letters: {
    job_id: 'gen_random_uuid()',
    task: "'t'",
    category: "'poison'",
    severity: "'high'",
    error: "'{}'",
    attempts: '1',
  },
  effects: { job_id: 'gen_random_uuid()', key: "'k'" },
  schedules: {
    id: 'gen_random_uuid()',
    role: "'member'",
    task: "'t'",
    queue_class: "'c'",
    data: "'{}'",
    priority: '1',
    max_attempts: '1',
    timeout_ms: '1',
  },
  api_keys: { id: 'gen_random_uuid()', role: "'owner'", hash: 'gen_random_uuid()::text' },
  scaling_decisions: {
    waiting: '1',
    active: '1',
    desired: '1',
    policy: "'p'",
    reason: "'r'",
    leader_fence: '1',
  },
  idempotency_keys: { key: "'k'", request_hash: "'h'", seed: 'gen_random_uuid()', held_until: 'now()' },
  tenants: { name: "'n'", signing_secret: "'s'" },
  tenant_quotas: { upstream: "'ga4'", window_ms: '1' },
};

const TENANT_COLUMN: Readonly<Record<string, string>> = { tenants: 'id', idempotency_keys: 'scope' };
const TABLES = Object.keys(ROW_OF);

function columnOf(table: string): string {
  return TENANT_COLUMN[table] ?? 'tenant_id';
}

function insertInto(table: string, tenantId: string): { text: string } {
  const row = { ...ROW_OF[table], [columnOf(table)]: `'${tenantId}'` };
  return { text: `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).join(', ')})` };
}

function asAcme<Answer>(ask: (session: Session) => Promise<Answer>): Promise<Answer> {
  return inTenant(space.postgres.db, 'acme', ask);
}

beforeAll(async () => {
  space = await openFleetSpace();
  for (const tenant of ['acme', 'globex'])
    for (const table of [...TABLES].reverse()) await space.postgres.db.$client.query(insertInto(table, tenant));
});
afterAll(() => space.close());

describe('row-level security', () => {
  it('is forced on every table with a tenant, and on those that name one otherwise', async () => {
    const { rows } = await space.postgres.db.$client.query<{ name: string; forced: boolean }>({
      text: `SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS
               (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS forced
             FROM pg_class c
             WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
               AND (c.relname = ANY($1) OR EXISTS (SELECT FROM information_schema.columns i
                 WHERE i.table_schema = current_schema() AND i.table_name = c.relname AND i.column_name = 'tenant_id'))`,
      values: [TABLES],
    });
    expect(rows.filter(({ forced }) => !forced)).toEqual([]);
    expect(rows.map(({ name }) => name).sort()).toEqual([...TABLES].sort());
  });

  it.each(TABLES)(
    'shows a tenant its own rows of %s alone, also to a query that forgets to ask for them',
    async (table) => {
      const select = { text: `SELECT ${columnOf(table)} AS tenant FROM ${table}` };
      const { rows } = await asAcme((session) => session.$client.query<{ tenant: string }>(select));
      expect(rows).toEqual([{ tenant: 'acme' }]);
    },
  );

  it.each(TABLES)('refuses to write a row of %s for another tenant', async (table) => {
    await expect(asAcme((session) => session.$client.query(insertInto(table, 'hooli')))).rejects.toThrow(
      /row-level security/,
    );
    const giveAway = { text: `UPDATE ${table} SET ${columnOf(table)} = 'hooli'` };
    await expect(asAcme((session) => session.$client.query(giveAway))).rejects.toThrow(/row-level security/);
  });

  it.each(TABLES.filter((table) => table !== 'tenants'))('changes and deletes no foreign row of %s', async (table) => {
    const text = `DELETE FROM ${table} WHERE ${columnOf(table)} = 'globex'`;
    const { rowCount } = await asAcme((session) => session.$client.query({ text }));
    expect(rowCount).toBe(0);
  });

  it('lets the fleet see all, also over a connection that worked for a tenant before', async () => {
    await Promise.all(Array.from({ length: 20 }, () => asAcme((session) => readJob(session, 'acme', newId()))));
    const seen = await Promise.all(
      Array.from({ length: 20 }, () => space.postgres.db.$client.query({ text: 'SELECT tenant_id FROM jobs' })),
    );
    expect(seen.map(({ rowCount }) => rowCount)).toEqual(Array.from({ length: 20 }, () => 2));
  });

  it('finds nothing of a tenant when asked in the name of another', async () => {
    const job = newJob({ tenantId: 'globex' });
    await insertJobs(space.postgres.db, [job]);
    expect(await asAcme((session) => readJob(session, 'globex', job.id))).toBeNull();
    expect(await inTenant(space.postgres.db, 'globex', (session) => readJob(session, 'globex', job.id))).not.toBeNull();
    await space.postgres.db.$client.query('DELETE FROM jobs WHERE id = $1', [job.id]);
  });

  it('rolls back what a transaction did that fails, and takes no empty tenant', async () => {
    const failing = asAcme(async (session) => {
      await session.$client.query({ text: 'DELETE FROM jobs' });
      throw new Error('on the way');
    });
    await expect(failing).rejects.toThrow('on the way');
    expect((await asAcme((session) => session.$client.query({ text: 'SELECT 1 FROM jobs' }))).rowCount).toBe(1);
    await expect(inTenant(space.postgres.db, '', async () => undefined)).rejects.toThrow(/no tenant/);
  });

  it("takes a tenant's name for a text, whatever it holds", async () => {
    const name = "a'; DROP TABLE jobs; --";
    const { rowCount } = await inTenant(space.postgres.db, name, (session) =>
      session.$client.query({ text: 'SELECT 1 FROM jobs' }),
    );
    expect(rowCount).toBe(0);
  });
});
