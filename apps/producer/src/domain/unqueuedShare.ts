/** Accepted but unqueued jobs: of the whole fleet, and of the tenant that submits another. */
export interface UnqueuedJobs {
  readonly all: number;
  readonly own: number;
}

/**
 * This part of the limit is reserved for tenants that use less than it, so that a flooding tenant cannot exclude
 * others.
 */
const KEPT_PART = 1 / 4;

/** Whether one more job may be accepted unqueued. Pure. @param most maximum of unqueued jobs in the whole fleet */
export function mayWaitUnqueued({ all, own }: UnqueuedJobs, most: number): boolean {
  const kept = Math.floor(most * KEPT_PART);
  return all < most - kept || (all < most && own < kept);
}
