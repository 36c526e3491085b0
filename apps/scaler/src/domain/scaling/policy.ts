/** Names of the policies. */
export const POLICY_NAMES = ['queue-length', 'wait-target'] as const;

/** Name of a policy, as used in the configuration and in recorded decisions. */
export type PolicyName = (typeof POLICY_NAMES)[number];

/** Minimum and maximum slots of a tenant. The requirement's are 1 and 5. */
export interface SlotBounds {
  readonly minSlots: number;
  readonly maxSlots: number;
}

/** The requirement's policy: a fixed number of waiting jobs per slot. */
export interface QueueLengthPolicy extends SlotBounds {
  readonly kind: 'queue-length';
  /**
   * A tenant grows when more jobs wait per slot than this, and shrinks when fewer do; the requirement's value is 10.
   */
  readonly jobsPerSlot: number;
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
}

/** As many slots as keep up with arrivals and drain the backlog in time. */
export interface WaitTargetPolicy extends SlotBounds {
  readonly kind: 'wait-target';
  /** For a tenant whose service time is still unknown: see `queue-length`. */
  readonly jobsPerSlot: number;
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
  /** Target time in which the waiting jobs are to be started, in seconds. */
  readonly drainTargetSeconds: number;
}

/** The policy that determines a tenant's slots. */
export type ScalingPolicy = QueueLengthPolicy | WaitTargetPolicy;

/** A policy's recommendation for an observation, without regard to history. */
export interface Recommendation {
  /** Slots within the bounds. */
  readonly slots: number;
  /** Human-readable: the figures behind the decision. */
  readonly reason: string;
}

/** Clamps a recommended slot count to the bounds. */
export function withinBounds(wanted: number, { minSlots, maxSlots }: SlotBounds, figures: string): Recommendation {
  return {
    slots: Math.min(maxSlots, Math.max(minSlots, wanted)),
    reason: `${figures}: ${wanted} wanted, ${minSlots} to ${maxSlots} allowed`,
  };
}
