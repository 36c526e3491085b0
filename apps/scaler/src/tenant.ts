import type { ScalingDecision } from './domain/scaling/decideSlots.js';
import type { HeldBack } from './domain/scaling/observation.js';

/** A tenant that has lanes which workers run. */
export interface Tenant {
  readonly id: string;
  /** Names such as `acme.notifications`. */
  readonly lanes: readonly string[];
  /** Slots that it has by the decision before; null when there was none, or Redis lost it. */
  readonly current: number | null;
}

/** What a tenant's lanes hold together. */
export interface TenantCount {
  /** Due jobs that do not run; those of lanes that are held back only while no other lane's wait. */
  readonly waiting: number;
  /** Due jobs that do not run, in all lanes, held back or not. */
  readonly waitingInAll: number;
  readonly active: number;
  /** Jobs that were added ever, as long as Redis remembers. */
  readonly arrivals: number;
  /** How long one of its jobs takes, in ms; null before the first. */
  readonly serviceMs: number | null;
  /** Since when the longest waiting of each lane's next jobs was accepted, in ms; null when none waits. */
  readonly oldestWaitMs: number | null;
  readonly heldBack: HeldBack;
}

/** A tenant as one pass found it. */
export type SeenTenant =
  | { readonly kind: 'counted'; readonly tenant: Tenant; readonly count: TenantCount }
  /** Its lanes could not be counted: what is known of it is too old, or incomplete, to decide on. */
  | { readonly kind: 'unreadable'; readonly tenant: Tenant };

/** Tenants as one pass found them. */
export interface FleetSight {
  readonly tenants: readonly SeenTenant[];
  /** Whether the table of every bucket that was asked could be read; the tenants of one that could not are missing. */
  readonly isWhole: boolean;
}

/** What was decided on a tenant, with what it was decided on. */
export interface TenantDecision {
  readonly tenantId: string;
  readonly waiting: number;
  readonly active: number;
  readonly decision: ScalingDecision;
  /** Whether it is kept from growing now, and was not at the full pass before. */
  readonly newlyHeldBack: boolean;
}

/** A change of a tenant's slots, with the figures that led to it. */
export interface SlotChange extends TenantDecision {
  readonly decision: Extract<ScalingDecision, { readonly kind: 'set' }>;
}
