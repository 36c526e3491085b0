/** Capacity for one job of a tenant, in a slot that this process holds. */
export interface SlotTicket {
  readonly tenantId: string;
  /**
   * Resolves to whether the slot was granted; null when it is held already. Until then a job may be claimed but not
   * start.
   */
  readonly granted: Promise<boolean> | null;
  /** Whether another job may follow in its place: the slot is still held and not about to be released. */
  isGood(): boolean;
  /** Whether the slot was lost while the job ran. */
  isLost(): boolean;
  /** Calls back when the slot is lost while the job runs; the job must stop at once. */
  onLost(listener: () => void): void;
}

/** The slots of tenants that this process holds or may take. */
export interface SlotCapacity {
  /**
   * Whether a job of the tenant could start now, or as soon as a slot that was just requested is granted. If not, the
   * board is notified when there may be capacity.
   */
  has(tenantId: string): boolean;
  /** The same without requesting a slot. */
  mayHave(tenantId: string): boolean;
  /** Takes capacity for one job; null when there is none. */
  take(tenantId: string): SlotTicket | null;
  give(ticket: SlotTicket): void;
  /** Maximum concurrent jobs of the tenant in this process, with every slot placed here. */
  mostJobs(tenantId: string): number;
  /** Whether every slot of the tenant is placed here. */
  isAlone(tenantId: string): boolean;
}
