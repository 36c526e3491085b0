/** Room for one job of a tenant, in a slot that this process holds. */
export interface SlotTicket {
  readonly tenantId: string;
  /** Whether the slot is had; null when that is known. A job may be claimed meanwhile, but not start. */
  readonly granted: Promise<boolean> | null;
  /** Whether another job may start in its place: the slot is still held, and not to be given back. */
  isGood(): boolean;
  /** Whether the slot was lost under the job. */
  isLost(): boolean;
  /** Calls back when the slot is lost under the job, which must end at once. */
  onLost(listener: () => void): void;
}

/** The slots of tenants that this process holds or may take. */
export interface SlotCapacity {
  /**
   * Whether a job of the tenant could start now, or as soon as a slot is granted that has just been asked for. Where not, the
   * board is told when there may be room.
   */
  has(tenantId: string): boolean;
  /** The same without asking for a slot. */
  mayHave(tenantId: string): boolean;
  /** Takes room for one job; null when there is none. */
  take(tenantId: string): SlotTicket | null;
  give(ticket: SlotTicket): void;
  /** How many jobs of the tenant this process may run at most, with every slot that is placed here. */
  mostJobs(tenantId: string): number;
  /** Whether every slot of the tenant is placed here. */
  isAlone(tenantId: string): boolean;
}
