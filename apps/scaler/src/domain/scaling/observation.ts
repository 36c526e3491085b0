/** What keeps a tenant's waiting jobs from running, regardless of its slots. */
export type HeldBack = 'none' | 'paused' | 'rate-limited' | 'quota' | 'circuit';

/** One tenant as observed by one pass, over all its lanes that workers run. */
export interface ScalingObservation {
  /** Waiting jobs that are due. */
  readonly waiting: number;
  /** Running jobs. */
  readonly active: number;
  /** Slots of the previous decision; null for a tenant without one. */
  readonly current: number | null;
  /** Recent jobs added per second; null while unknown. */
  readonly arrivalsPerSecond: number | null;
  /** Service time of a job, in ms; null before the first has run. */
  readonly serviceMs: number | null;
  /** How long ago the next job was accepted, in ms; null when none waits or its id carries no time. */
  readonly oldestWaitMs: number | null;
  readonly heldBack: HeldBack;
}
