/** Jobs that are accepted and not queued: of the whole fleet, and of the tenant that asks for one more. */
export interface UnqueuedJobs {
  readonly all: number;
  readonly own: number;
}

/** This part of the bound is kept for tenants that have less than it, so that one that floods does not shut out the others. */
const KEPT_PART = 1 / 4;

/** Whether one more job may be accepted that will not be queued now. Pure. @param most such jobs of the whole fleet */
export function mayWaitUnqueued({ all, own }: UnqueuedJobs, most: number): boolean {
  const kept = Math.floor(most * KEPT_PART);
  return all < most - kept || (all < most && own < kept);
}
