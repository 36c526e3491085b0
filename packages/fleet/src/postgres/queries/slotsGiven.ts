import type { Database } from '../connect.js';

/** What the scaler decided on a tenant, or noted. */
export interface SlotsGiven {
  /** Unix ms. */
  readonly atMs: number;
  /** Slots that the tenant had from then on. */
  readonly slots: number;
  /** Noted only that a quota, a rate limit or a pause holds the tenant back: its slots stay. */
  readonly isPaused: boolean;
}

/** Decisions that are looked at, the newest. */
const DECISIONS = 1_000;

const FIND = `
SELECT (extract(epoch FROM decided_at) * 1000)::float8 AS "atMs", desired AS slots, previous = desired AS "isPaused"
FROM (SELECT id, decided_at, coalesce(previous, -1) AS previous, desired FROM scaling_decisions WHERE tenant_id = $1
      ORDER BY id DESC LIMIT ${DECISIONS}) AS latest
WHERE decided_at < $2
ORDER BY decided_at, id`;

/** What was decided before a moment, oldest first; not all of it where there was very much. */
export async function findSlotsGiven(db: Database, tenantId: string, to: Date): Promise<SlotsGiven[]> {
  const { rows } = await db.$client.query<SlotsGiven>({ name: 'slots_given', text: FIND, values: [tenantId, to] });
  return rows;
}
