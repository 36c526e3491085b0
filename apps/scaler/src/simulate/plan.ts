import type { ScalingSettings } from '../domain/scaling/decideSlots.js';
import type { HeldBack } from '../domain/scaling/observation.js';
import type { SimulatedJob } from './tenantQueue.js';

/** A period in which a tenant's jobs may not start. */
export interface Hold {
  /** Null for every tenant. */
  readonly tenant: string | null;
  readonly because: Exclude<HeldBack, 'none'>;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A simulation's input. Times are in ms from the start, which is also the leader's. */
export interface SimulationPlan {
  readonly settings: ScalingSettings;
  readonly intervalMs: number;
  readonly slotConcurrency: number;
  readonly untilMs: number;
  /** Jobs of each tenant, by arrival. */
  readonly load: ReadonlyMap<string, Iterable<SimulatedJob>>;
  readonly holds: readonly Hold[];
}
