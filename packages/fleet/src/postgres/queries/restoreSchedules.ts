import type { Database } from '../connect.js';

/** What is needed to create a schedule in its lane. */
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

/** Sorts before every id. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const PAGE = `
SELECT s.id, s.tenant_id AS "tenantId", s.queue_class AS "queueClass"
FROM schedules s JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL
WHERE (s.tenant_id, s.id) > ($1, $2) AND s.created_at < now() - $3 * interval '1 millisecond'
ORDER BY s.tenant_id, s.id LIMIT $4`;

/** A schedule's id and lane. */
export type SchedulePlace = Pick<RestorableSchedule, 'id' | 'tenantId' | 'queueClass'>;

/**
 * A page of all tenants' schedules, by id and lane only and grouped by tenant; those of deleted tenants are omitted.
 * @param after the last one of the previous page; null for the first page
 */
export async function pageOfSchedules(
  db: Database,
  after: SchedulePlace | null,
  { olderThanMs, limit }: { readonly olderThanMs: number; readonly limit: number },
): Promise<SchedulePlace[]> {
  const { rows } = await db.$client.query<SchedulePlace>({
    name: 'page_of_schedules',
    text: PAGE,
    values: [after?.tenantId ?? '', after?.id ?? FIRST_ID, olderThanMs, limit],
  });
  return rows;
}

const READ = `
SELECT s.id, s.tenant_id AS "tenantId", s.queue_class AS "queueClass", s.task, s.data, s.role, s.priority,
       s.max_attempts AS "maxAttempts", s.cron, s.timezone, s.every_ms::float8 AS "everyMs", s.created_at AS "createdAt"
FROM schedules s JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL
WHERE s.id = ANY($1)`;

/** Those of these schedules that still exist. */
export async function readSchedules(db: Database, ids: readonly string[]): Promise<RestorableSchedule[]> {
  const { rows } = await db.$client.query<RestorableSchedule>({ name: 'read_schedules', text: READ, values: [ids] });
  return rows;
}

const KNOWN = `
SELECT s.id FROM schedules s JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL WHERE s.id = ANY($1)`;

/** Which of these schedules exist. */
export async function knownSchedules(db: Database, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.$client.query<{ id: string }>({ name: 'known_schedules', text: KNOWN, values: [ids] });
  return new Set(rows.map(({ id }) => id));
}
