import type { TenantRole } from '@sluice/shared/contracts/identity';
import { TENANT_ROLES } from '@sluice/shared/contracts/identity';
import type { ExamplePayload } from './payloads.js';
import { toTenantIds } from './payloads.js';

/** Times that every payload is submitted. */
const ROUNDS = 3;

/** Events of this kind go to the endpoint that always fails. Four tenants have some. */
export const BROKEN_EVENT = 'workflow_job';

/** One job to be submitted. */
export interface PlannedJob {
  readonly tenantId: string;
  /** Whose key submits it. */
  readonly role: TenantRole;
  /** Which of the two ways of submitting it takes. */
  readonly by: 'batch' | 'single';
  readonly event: string;
  readonly payload: Record<string, unknown>;
  /** Whether it goes to the endpoint that always fails. */
  readonly broken: boolean;
}

/** Every job of the demo: each payload three times, its tenant's users in turn, a third of them in single calls. */
export function planJobs(payloads: readonly ExamplePayload[]): PlannedJob[] {
  const tenants = toTenantIds(payloads.map(({ owner }) => owner));
  const turns = new Map<string, number>();
  const nextRole = (tenantId: string): TenantRole => {
    const turn = turns.get(tenantId) ?? 0;
    turns.set(tenantId, turn + 1);
    return TENANT_ROLES[turn % TENANT_ROLES.length] ?? 'member';
  };
  return Array.from({ length: ROUNDS }, (_, round) =>
    payloads.map(({ owner, event, payload }): PlannedJob => {
      const tenantId = tenants.get(owner) ?? owner;
      const by = round === 0 ? 'single' : 'batch';
      return { tenantId, role: nextRole(tenantId), by, event, payload, broken: event === BROKEN_EVENT };
    }),
  ).flat();
}

/** The most that one batch may hold: jobs, and bytes of JSON. */
export interface BatchBounds {
  readonly maxJobs: number;
  readonly maxBytes: number;
}

/**
 * Splits jobs into batches of one tenant and user each, in order, none above the bounds (unless a single job is).
 * @param sizeOf bytes that a job takes in the body
 */
export function toBatches<Job extends Pick<PlannedJob, 'tenantId' | 'role'>>(
  jobs: readonly Job[],
  sizeOf: (job: Job) => number,
  bounds: BatchBounds,
): Job[][] {
  const batches: Job[][] = [];
  const open = new Map<string, { jobs: Job[]; bytes: number }>();
  for (const job of jobs) {
    const user = `${job.tenantId} ${job.role}`;
    const bytes = sizeOf(job);
    let batch = open.get(user);
    if (batch === undefined || batch.jobs.length >= bounds.maxJobs || batch.bytes + bytes > bounds.maxBytes) {
      batch = { jobs: [], bytes: 0 };
      open.set(user, batch);
      batches.push(batch.jobs);
    }
    batch.jobs.push(job);
    batch.bytes += bytes;
  }
  return batches;
}
