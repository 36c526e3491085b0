import type { TenantQuotas } from '@sluice/limits';
import type { UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';
import type { Session } from '../connect.js';

const READ = `
SELECT q.upstream, q.calls_per_window AS "callsPerWindow", q.window_ms AS "windowMs", q.calls_at_a_time AS "callsAtATime"
FROM tenants t LEFT JOIN tenant_quotas q ON q.tenant_id = t.id
WHERE t.id = $1 AND t.deleted_at IS NULL`;

/** A tenant's own quotas; null when the tenant does not exist. */
export async function readTenantQuotas(db: Session, tenantId: string): Promise<TenantQuotas | null> {
  const { rows } = await db.$client.query<UpstreamQuota & { readonly upstream: string | null }>({
    name: 'read_tenant_quotas',
    text: READ,
    values: [tenantId],
  });
  if (rows.length === 0) return null;
  return new Map(rows.flatMap(({ upstream, ...quota }) => (upstream === null ? [] : [[upstream, quota] as const])));
}

/** Omitted quotas return to the task's default. */
const REPLACE = `
WITH tenant AS (
  SELECT id FROM tenants WHERE id = $1 AND deleted_at IS NULL FOR UPDATE
), wanted AS (
  SELECT * FROM jsonb_to_recordset($2::jsonb)
    AS w(upstream text, "callsPerWindow" integer, "windowMs" integer, "callsAtATime" integer)
), gone AS (
  DELETE FROM tenant_quotas q USING tenant
  WHERE q.tenant_id = tenant.id AND q.upstream NOT IN (SELECT upstream FROM wanted)
), written AS (
  INSERT INTO tenant_quotas (tenant_id, upstream, calls_per_window, window_ms, calls_at_a_time)
  SELECT tenant.id, upstream, "callsPerWindow", "windowMs", "callsAtATime" FROM wanted, tenant
  ON CONFLICT (tenant_id, upstream) DO UPDATE
  SET calls_per_window = excluded.calls_per_window, window_ms = excluded.window_ms,
      calls_at_a_time = excluded.calls_at_a_time, updated_at = now()
)
SELECT id FROM tenant`;

/** Replaces all of a tenant's own quotas; false when the tenant does not exist. */
export async function replaceTenantQuotas(db: Session, tenantId: string, quotas: TenantQuotas): Promise<boolean> {
  const rows = Array.from(quotas, ([upstream, quota]) => ({ upstream, ...quota }));
  const { rowCount } = await db.$client.query({
    name: 'replace_tenant_quotas',
    text: REPLACE,
    values: [tenantId, JSON.stringify(rows)],
  });
  return rowCount === 1;
}
