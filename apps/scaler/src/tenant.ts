import type { Lane } from '@sluice/shared/domain/lane';

/** A tenant that has lanes which workers run. */
export interface Tenant {
  readonly id: string;
  readonly lanes: readonly Lane[];
  /** Slots that it has by the decision before; null when there was none, or Redis lost it. */
  readonly current: number | null;
}

/** A tenant as one look found it. */
export type SeenTenant =
  | { readonly kind: 'counted'; readonly tenant: Tenant; readonly waiting: number; readonly active: number }
  /** At least one of its lanes could not be counted: what is known of it is too old, or incomplete, to decide on. */
  | { readonly kind: 'unreadable'; readonly tenant: Tenant };

/** A change of a tenant's slots, with the figures that led to it. */
export interface SlotChange {
  readonly tenantId: string;
  readonly change: 'first' | 'grow' | 'shrink';
  readonly desired: number;
  readonly reason: string;
  /** Slots before; null for a tenant's first decision. */
  readonly previous: number | null;
  readonly waiting: number;
  readonly active: number;
}
