import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import { newId } from '@sluice/shared/ids/ids';

/** A job of the tenant `acme` as first written to the ledger, with a new id; given fields override the defaults. */
export function newJob(change: Partial<NewJob> = {}): NewJob {
  return {
    id: newId(),
    tenantId: 'acme',
    userId: null,
    role: 'member',
    task: 'system.probe',
    queueClass: 'default',
    queueJobId: null,
    state: 'accepted',
    priority: 50,
    data: {},
    maxAttempts: 4,
    timeoutMs: 1_000,
    delayMs: 0,
    dedupeKey: null,
    durability: 'ledger',
    traceparent: null,
    ...change,
  };
}
