import type { Database } from '../connect.js';

/** Ids of tenants and of API keys. */
export interface Credited {
  readonly tenants: readonly string[];
  readonly keys: readonly string[];
}

const FIND = `
SELECT ARRAY(SELECT id FROM tenants WHERE id = ANY($1::text[]) AND deleted_at IS NULL) AS tenants,
       ARRAY(SELECT id::text FROM api_keys WHERE id = ANY($2::uuid[]) AND revoked_at IS NULL) AS keys`;

/** Which of these tenants are not deleted and which of these keys are not revoked. */
export async function findValid(db: Database, { tenants, keys }: Credited): Promise<Credited> {
  const values = [tenants, keys];
  const { rows } = await db.$client.query<Credited>({ name: 'find_valid', text: FIND, values });
  return rows[0] ?? { tenants: [], keys: [] };
}
