/** Names of the policies. */
export const POLICY_NAMES = ['queue-length', 'wait-target'] as const;

/** Name of a policy, as it is configured and written into decisions. */
export type PolicyName = (typeof POLICY_NAMES)[number];

/** How few and how many slots a tenant may have. The requirement's are 1 and 5. */
export interface SlotBounds {
  readonly minSlots: number;
  readonly maxSlots: number;
}

/** The requirement's policy: so many waiting jobs per slot. */
export interface QueueLengthPolicy extends SlotBounds {
  readonly kind: 'queue-length';
  /** A tenant grows when more jobs wait per slot than this, and shrinks when fewer do; the requirement's are 10. */
  readonly jobsPerSlot: number;
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
}

/** As many slots as keep up with what arrives and drain what waits in time. */
export interface WaitTargetPolicy extends SlotBounds {
  readonly kind: 'wait-target';
  /** For a tenant whose jobs' running time is not known yet: see `queue-length`. */
  readonly jobsPerSlot: number;
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
  /** In how many seconds the jobs that wait shall have been started. */
  readonly drainTargetSeconds: number;
}

/** By which rule a tenant's slots are counted. */
export type ScalingPolicy = QueueLengthPolicy | WaitTargetPolicy;

/** What a policy makes of an observation, without regard to what was before. */
export interface Recommendation {
  /** Slots within the bounds. */
  readonly slots: number;
  /** For people: the figures that led here. */
  readonly reason: string;
}

/** The recommendation of this many slots, brought within the bounds. */
export function withinBounds(wanted: number, { minSlots, maxSlots }: SlotBounds, figures: string): Recommendation {
  return {
    slots: Math.min(maxSlots, Math.max(minSlots, wanted)),
    reason: `${figures}: ${wanted} wanted, ${minSlots} to ${maxSlots} allowed`,
  };
}
