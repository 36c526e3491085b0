import type { ScalingDecision } from './domain/scaling/decideSlots.js';
import type { HeldBack } from './domain/scaling/observation.js';

/** A tenant with lanes that workers run. */
export interface Tenant {
  readonly id: string;
  /** Lane names such as `acme.notifications`. */
  readonly lanes: readonly string[];
  /** Slots by the previous decision; null when there was none, or Redis lost it. */
  readonly current: number | null;
}

/** The totals of a tenant's lanes. */
export interface TenantCount {
  /**
   * Due jobs that are not running; those of lanes that are held back count only while no other lane has waiting jobs.
   */
  readonly waiting: number;
  /** Due jobs that are not running, in all lanes, held back or not. */
  readonly waitingInAll: number;
  readonly active: number;
  /** Total jobs added, as far as Redis still has the count. */
  readonly arrivals: number;
  /** Service time of its jobs, in ms; null before the first. */
  readonly serviceMs: number | null;
  /** Longest wait among the lanes' next jobs since acceptance, in ms; null when none waits. */
  readonly oldestWaitMs: number | null;
  readonly heldBack: HeldBack;
}

/** A tenant as observed by one pass. */
export type SeenTenant =
  | { readonly kind: 'counted'; readonly tenant: Tenant; readonly count: TenantCount }
  /** Its lanes could not be counted: the known state is too old or incomplete to decide on. */
  | { readonly kind: 'unreadable'; readonly tenant: Tenant };

/** Tenants as observed by one pass. */
export interface FleetSight {
  readonly tenants: readonly SeenTenant[];
  /** Whether the table of every requested bucket could be read; the tenants of unread ones are missing. */
  readonly isWhole: boolean;
}

/** A decision on a tenant, with its inputs. */
export interface TenantDecision {
  readonly tenantId: string;
  readonly waiting: number;
  readonly active: number;
  readonly decision: ScalingDecision;
  /** Whether it is held back now but was not at the previous full pass. */
  readonly newlyHeldBack: boolean;
}

/** A change of a tenant's slots, with its inputs. */
export interface SlotChange extends TenantDecision {
  readonly decision: Extract<ScalingDecision, { readonly kind: 'set' }>;
}
