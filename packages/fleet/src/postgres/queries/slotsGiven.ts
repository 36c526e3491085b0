import type { Database } from '../connect.js';

/** A scaling decision or note about a tenant. */
export interface SlotsGiven {
  /** Unix ms. */
  readonly atMs: number;
  /** Slots of the tenant from then on. */
  readonly slots: number;
  /** Only a note that a quota, a rate limit or a pause limits the tenant: its slots stay unchanged. */
  readonly isPaused: boolean;
}

/** Number of decisions read, the newest. */
const DECISIONS = 1_000;

const FIND = `
SELECT (extract(epoch FROM decided_at) * 1000)::float8 AS "atMs", desired AS slots, previous = desired AS "isPaused"
FROM (SELECT id, decided_at, coalesce(previous, -1) AS previous, desired FROM scaling_decisions WHERE tenant_id = $1
      ORDER BY id DESC LIMIT ${DECISIONS}) AS latest
WHERE decided_at < $2
ORDER BY decided_at, id`;

/** The decisions before a moment, oldest first; truncated when there are too many. */
export async function findSlotsGiven(db: Database, tenantId: string, to: Date): Promise<SlotsGiven[]> {
  const { rows } = await db.$client.query<SlotsGiven>({ name: 'slots_given', text: FIND, values: [tenantId, to] });
  return rows;
}
