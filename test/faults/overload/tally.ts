import type { Pool } from 'pg';
import type { Window } from './figures.js';

/** The ledger's counts for some tenants at one moment. */
interface Tally {
  readonly atMs: number;
  readonly completed: number;
  readonly starts: number;
}

const COUNT = `
SELECT count(*) FILTER (WHERE state = 'completed')::int AS completed, coalesce(sum(fence), 0)::int AS starts
FROM jobs WHERE tenant_id = ANY($1)`;

const BY_STATE = `
SELECT count(*) FILTER (WHERE state = 'active')::int AS active,
       count(*) FILTER (WHERE state IN ('accepted', 'queued'))::int AS waiting
FROM jobs WHERE tenant_id = $1`;

/** Counts the tenants' work before and after waiting, and returns the difference. */
export async function countWindow(
  ledger: Pool,
  tenantIds: readonly string[],
  lasts: () => Promise<void>,
): Promise<Window> {
  const before = await tally(ledger, tenantIds);
  await lasts();
  const after = await tally(ledger, tenantIds);
  return {
    lastedMs: after.atMs - before.atMs,
    completed: after.completed - before.completed,
    starts: after.starts - before.starts,
  };
}

/** Running and waiting jobs of a tenant. */
export async function countUnfinished(ledger: Pool, tenantId: string): Promise<{ active: number; waiting: number }> {
  const { rows } = await ledger.query<{ active: number; waiting: number }>(BY_STATE, [tenantId]);
  return rows[0] ?? { active: 0, waiting: 0 };
}

async function tally(ledger: Pool, tenantIds: readonly string[]): Promise<Tally> {
  const { rows } = await ledger.query<Omit<Tally, 'atMs'>>(COUNT, [tenantIds]);
  return { atMs: performance.now(), ...(rows[0] ?? { completed: 0, starts: 0 }) };
}
