/** What keeps a tenant's waiting jobs from running, however many slots it has. */
export type HeldBack = 'none' | 'paused' | 'rate-limited' | 'quota' | 'circuit';

/** One tenant as one pass found it, over all its lanes that workers run. */
export interface ScalingObservation {
  /** Jobs that wait and are due. */
  readonly waiting: number;
  /** Jobs that run. */
  readonly active: number;
  /** Slots of the decision before; null for a tenant that was never decided on. */
  readonly current: number | null;
  /** Jobs added per second of late; null while it is not known. */
  readonly arrivalsPerSecond: number | null;
  /** How long one job runs, in ms; null before the first has. */
  readonly serviceMs: number | null;
  /** Since when the job that is next was accepted, in ms; null when none waits or its id does not tell. */
  readonly oldestWaitMs: number | null;
  readonly heldBack: HeldBack;
}
