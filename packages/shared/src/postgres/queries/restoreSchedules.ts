import type { Database } from '../connect.js';

/** What is needed to make a schedule in its lane. */
export interface RestorableSchedule {
  readonly id: string;
  readonly tenantId: string;
  readonly queueClass: string;
  readonly task: string;
  readonly data: unknown;
  readonly role: 'owner' | 'admin' | 'member' | 'viewer';
  readonly priority: number;
  readonly maxAttempts: number;
  readonly cron: string | null;
  readonly timezone: string | null;
  readonly everyMs: number | null;
  readonly createdAt: Date;
}

const PAGE = `
SELECT s.id, s.tenant_id AS "tenantId", s.queue_class AS "queueClass"
FROM schedules s JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL
WHERE s.id > $1 AND s.created_at < now() - $2 * interval '1 millisecond'
ORDER BY s.id LIMIT $3`;

/** Every tenant's schedules by place alone, oldest id first, a page at a time; those of deleted tenants are left out. */
export async function pageOfSchedules(
  db: Database,
  page: { readonly afterId: string; readonly olderThanMs: number; readonly limit: number },
): Promise<Pick<RestorableSchedule, 'id' | 'tenantId' | 'queueClass'>[]> {
  const { rows } = await db.$client.query<Pick<RestorableSchedule, 'id' | 'tenantId' | 'queueClass'>>({
    name: 'page_of_schedules',
    text: PAGE,
    values: [page.afterId, page.olderThanMs, page.limit],
  });
  return rows;
}

const READ = `
SELECT s.id, s.tenant_id AS "tenantId", s.queue_class AS "queueClass", s.task, s.data, s.role, s.priority,
       s.max_attempts AS "maxAttempts", s.cron, s.timezone, s.every_ms::float8 AS "everyMs", s.created_at AS "createdAt"
FROM schedules s JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL
WHERE s.id = ANY($1)`;

/** These schedules, as far as they are still there. */
export async function readSchedules(db: Database, ids: readonly string[]): Promise<RestorableSchedule[]> {
  const { rows } = await db.$client.query<RestorableSchedule>({ name: 'read_schedules', text: READ, values: [ids] });
  return rows;
}

const KNOWN = `
SELECT s.id FROM schedules s JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL WHERE s.id = ANY($1)`;

/** Which of these schedules there are. */
export async function knownSchedules(db: Database, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.$client.query<{ id: string }>({ name: 'known_schedules', text: KNOWN, values: [ids] });
  return new Set(rows.map(({ id }) => id));
}
