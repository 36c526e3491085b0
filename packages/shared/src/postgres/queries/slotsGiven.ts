import type { Database } from '../connect.js';

/** What the scaler decided on a tenant. */
export interface SlotsGiven {
  /** Most slots that the tenant had at a time; null when nothing was ever decided. */
  readonly most: number | null;
  /** How often it was noted that something held the tenant back. */
  readonly heldBack: number;
}

/** Decisions that are looked at, the newest. */
const DECISIONS = 1_000;

const FIND = `
SELECT coalesce(max(desired) FILTER (WHERE decided_at >= $2),
                (array_agg(desired ORDER BY decided_at DESC) FILTER (WHERE decided_at < $2))[1])::int AS most,
       (count(*) FILTER (WHERE decided_at >= $2 AND previous = desired))::int AS "heldBack"
FROM (SELECT decided_at, previous, desired FROM scaling_decisions WHERE tenant_id = $1
      ORDER BY id DESC LIMIT ${DECISIONS}) AS latest
WHERE decided_at < $3`;

/** What was decided between two moments; the decision before where there was none. */
export async function findSlotsGiven(db: Database, tenantId: string, from: Date, to: Date): Promise<SlotsGiven> {
  const { rows } = await db.$client.query<SlotsGiven>({
    name: 'slots_given',
    text: FIND,
    values: [tenantId, from, to],
  });
  return rows[0] ?? { most: null, heldBack: 0 };
}
