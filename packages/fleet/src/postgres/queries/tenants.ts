import { and, asc, eq, isNull, ne, sql } from 'drizzle-orm';
import type { Session } from '../connect.js';
import { apiKeys, tenants } from '../schema/index.js';

/** A tenant's row. */
export type TenantRow = typeof tenants.$inferSelect;

/** Writes a new tenant; null when its id is or was in use. */
export async function insertTenant(db: Session, tenant: typeof tenants.$inferInsert): Promise<TenantRow | null> {
  const [row] = await db.insert(tenants).values(tenant).onConflictDoNothing().returning();
  return row ?? null;
}

/** Every tenant that is not deleted, by id. */
export async function listTenants(db: Session): Promise<TenantRow[]> {
  return db.select().from(tenants).where(isNull(tenants.deletedAt)).orderBy(asc(tenants.id));
}

/** Weights of the tenants that are not deleted; those with weight 1, the default, are omitted. */
export async function listWeights(db: Session): Promise<Map<string, number>> {
  const rows = await db
    .select({ id: tenants.id, weight: tenants.weight })
    .from(tenants)
    .where(and(isNull(tenants.deletedAt), ne(tenants.weight, 1)));
  return new Map(rows.map(({ id, weight }) => [id, weight]));
}

/** A tenant that is not deleted, or null. */
export async function findTenant(db: Session, id: string): Promise<TenantRow | null> {
  const [row] = await db
    .select()
    .from(tenants)
    .where(and(eq(tenants.id, id), isNull(tenants.deletedAt)));
  return row ?? null;
}

/** Updates the given fields; null when the tenant does not exist. */
export async function updateTenant(
  db: Session,
  id: string,
  change: Partial<Pick<TenantRow, 'name' | 'weight' | 'plan' | 'priorityRules' | 'ga4Properties'>>,
): Promise<TenantRow | null> {
  if (Object.keys(change).length === 0) return findTenant(db, id);
  const [row] = await db
    .update(tenants)
    .set(change)
    .where(and(eq(tenants.id, id), isNull(tenants.deletedAt)))
    .returning();
  return row ?? null;
}

const DELETE = `
WITH gone AS (
  UPDATE tenants SET deleted_at = now() WHERE id = $1 AND deleted_at IS NULL RETURNING id
), keys AS (
  UPDATE api_keys SET revoked_at = now() WHERE tenant_id IN (SELECT id FROM gone) AND revoked_at IS NULL
), schedules_gone AS (
  DELETE FROM schedules WHERE tenant_id IN (SELECT id FROM gone)
), stopped AS (
  UPDATE jobs
  SET state = CASE WHEN state = 'active' THEN state ELSE 'cancelled' END,
      finished_at = CASE WHEN state = 'active' THEN NULL ELSE now() END,
      cancel_requested_at = now(), updated_at = now()
  WHERE tenant_id IN (SELECT id FROM gone) AND finished_at IS NULL
)
SELECT id FROM gone`;

/**
 * Deletes a tenant: revokes its keys, deletes its schedules and cancels its waiting jobs in the same commit. False when
 * it does not exist.
 */
export async function deleteTenant(db: Session, id: string): Promise<boolean> {
  const { rowCount } = await db.$client.query({ name: 'delete_tenant', text: DELETE, values: [id] });
  return rowCount === 1;
}

/** A key's row. */
export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** Writes a new key. */
export async function insertApiKey(db: Session, key: typeof apiKeys.$inferInsert): Promise<ApiKeyRow> {
  const [row] = await db.insert(apiKeys).values(key).returning();
  return row as ApiKeyRow;
}

/** The keys of a tenant, oldest first, including revoked ones. */
export async function listApiKeys(db: Session, tenantId: string): Promise<ApiKeyRow[]> {
  return db.select().from(apiKeys).where(eq(apiKeys.tenantId, tenantId)).orderBy(asc(apiKeys.id));
}

/** Revokes a key of a tenant; false when the tenant has no such valid key. */
export async function revokeApiKey(db: Session, tenantId: string, id: string): Promise<boolean> {
  const revoked = await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.id, id), eq(apiKeys.tenantId, tenantId), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  return revoked.length === 1;
}

/** A key, with the tenant's settings that apply to each of its requests. */
export type ValidKey = ApiKeyRow & Pick<TenantRow, 'priorityRules'>;

/** The valid key with this hash, if its tenant is not deleted; else null. */
export async function findApiKeyByHash(db: Session, hash: string): Promise<ValidKey | null> {
  const [row] = await db
    .select({ key: apiKeys, priorityRules: tenants.priorityRules })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
    .where(and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAt), isNull(tenants.deletedAt)));
  return row === undefined ? null : { ...row.key, priorityRules: row.priorityRules };
}
