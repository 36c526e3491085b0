import type { NewSchedule } from '@sluice/fleet/postgres/queries/schedules';
import { newId } from '@sluice/shared/ids/ids';

/** A schedule of the tenant `acme` that runs every hour, with a new id; given fields override the defaults. */
export function newSchedule(change: Partial<NewSchedule> = {}): NewSchedule {
  return {
    id: newId(),
    tenantId: 'acme',
    userId: null,
    role: 'member',
    task: 'system.probe',
    queueClass: 'default',
    data: {},
    priority: 50,
    maxAttempts: 4,
    timeoutMs: 1_000,
    cron: null,
    timezone: null,
    everyMs: 3_600_000,
    ...change,
  };
}
