import type { Occasion, ScalingDecision } from '../domain/scaling/decideSlots.js';

/** One decision on one tenant, with what led to it. */
export interface TimelineEntry {
  readonly atMs: number;
  readonly tenant: string;
  readonly occasion: Occasion;
  /** Jobs that arrived since the entry of this tenant before. */
  readonly arrived: number;
  readonly waiting: number;
  readonly active: number;
  readonly oldestWaitMs: number;
  /** Slots before and after. */
  readonly before: number;
  readonly slots: number;
  readonly decision: ScalingDecision;
}

/** A figure that was read at every tick, brought to so many equal spans of the whole time. */
export interface Course {
  readonly arrived: readonly number[];
  /** The most in each span. */
  readonly waiting: readonly number[];
  readonly slots: readonly number[];
}

/** What became of one tenant. */
export interface TenantResult {
  readonly tenant: string;
  readonly arrived: number;
  /** How long each job that started had waited, in ms. */
  readonly waitsMs: readonly number[];
  /** How long each job has waited that had not started in the end, in ms. */
  readonly stillWaitingMs: readonly number[];
  /** Time that its slots were there, and that jobs ran in them, in slot-ms. */
  readonly slotMs: number;
  readonly busyMs: number;
  readonly course: Course;
}

/** What became of a plan. */
export interface SimulationResult {
  /** Every pass at its time and every change between, by time. */
  readonly timeline: readonly TimelineEntry[];
  readonly tenants: readonly TenantResult[];
}
