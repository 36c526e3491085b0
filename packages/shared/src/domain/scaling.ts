/** One tenant as the scaler sees it. */
export interface TenantObservation {
  /** Jobs that wait and are due, over all lanes of the tenant. */
  readonly waiting: number;
  /** Jobs that run. */
  readonly active: number;
  /** Slots of the decision before, or null for a tenant not seen yet. */
  readonly current: number | null;
}

/** Bounds of the `queue-length` policy. Defaults are the requirement's: 1..5 workers, 10 waiting jobs per worker. */
export interface ScalingPolicy {
  readonly minSlots: number;
  readonly maxSlots: number;
  readonly jobsPerSlot: number;
}

/** How many slots a tenant gets next, and why. */
export interface ScalingDecision {
  readonly desired: number;
  readonly change: 'grow' | 'shrink' | 'hold';
  /** For people: the figures that led here. */
  readonly reason: string;
}

/**
 * The requirement's rule: grow when more than `jobsPerSlot` jobs wait per slot, shrink when fewer, within the bounds.
 * Both go straight to the smallest count at which no slot has more than its share: ceil(waiting / jobsPerSlot).
 */
export function decideSlots(seen: TenantObservation, policy: ScalingPolicy): ScalingDecision {
  const wanted = Math.ceil(seen.waiting / policy.jobsPerSlot);
  const desired = Math.min(policy.maxSlots, Math.max(policy.minSlots, wanted));
  const from = seen.current ?? policy.minSlots;
  const figures = `${seen.waiting} waiting, ${seen.active} active, ${policy.jobsPerSlot} per worker`;
  const reason = `${figures}: ${wanted} wanted, ${policy.minSlots} to ${policy.maxSlots} allowed`;
  return { desired, change: desired > from ? 'grow' : desired < from ? 'shrink' : 'hold', reason };
}
