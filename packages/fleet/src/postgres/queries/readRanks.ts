import type { Ranked } from '@sluice/shared/domain/priority';
import type { Database } from '../connect.js';

const READ = `
SELECT id, role, priority, (extract(epoch FROM ranked_since) * 1000)::float8 AS "sinceMs", rule_points AS "rulePoints"
FROM jobs WHERE id = ANY($1::uuid[])`;

/** What determines the places of these jobs, by id; jobs that the ledger does not have are omitted. */
export async function readRanks(db: Database, ids: readonly string[]): Promise<Map<string, Ranked>> {
  const { rows } = await db.$client.query<Ranked & { id: string }>({ name: 'read_ranks', text: READ, values: [ids] });
  return new Map(rows.map(({ id, ...ranked }) => [id, ranked]));
}
