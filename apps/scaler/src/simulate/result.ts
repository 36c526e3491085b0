import type { Occasion, ScalingDecision } from '../domain/scaling/decideSlots.js';

/** A decision on a tenant, with its inputs. */
export interface TimelineEntry {
  readonly atMs: number;
  readonly tenant: string;
  readonly occasion: Occasion;
  /** Jobs that arrived since this tenant's previous entry. */
  readonly arrived: number;
  readonly waiting: number;
  readonly active: number;
  readonly oldestWaitMs: number;
  /** Slots before and after. */
  readonly before: number;
  readonly slots: number;
  readonly decision: ScalingDecision;
}

/** Figures sampled at every tick, aggregated into equal spans of the simulated time. */
export interface Course {
  readonly arrived: readonly number[];
  /** The maximum of each span. */
  readonly waiting: readonly number[];
  readonly slots: readonly number[];
}

/** A tenant's result. */
export interface TenantResult {
  readonly tenant: string;
  readonly arrived: number;
  /** Wait of each started job, in ms. */
  readonly waitsMs: readonly number[];
  /** Wait so far of each job that had not started by the end, in ms. */
  readonly stillWaitingMs: readonly number[];
  /** Time that its slots existed, and that jobs ran in them, in slot-ms. */
  readonly slotMs: number;
  readonly busyMs: number;
  readonly course: Course;
}

/** A plan's result. */
export interface SimulationResult {
  /** Every pass and every change in between, by time. */
  readonly timeline: readonly TimelineEntry[];
  readonly tenants: readonly TenantResult[];
}
