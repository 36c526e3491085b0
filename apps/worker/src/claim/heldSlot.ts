import type { SlotTicket } from '@sluice/fleet/queue/run/slotCapacity';
import { bucketOf } from '@sluice/shared/domain/lane';

/** A slot that is placed on this process, or was when a job started in it. */
export interface HeldSlot {
  readonly tenantId: string;
  readonly number: number;
  readonly bucket: number;
  /** When its lease stops counting as held, monotonic, ms; 0 while there is none. */
  untilMs: number;
  /** Earliest time of the next request for it, monotonic, ms. */
  askAtMs: number;
  /** A request for it is in flight. */
  asking: boolean;
  /** Incremented when the lease ends here: the answer to an older request no longer applies. */
  epoch: number;
  /** When a job last started or ended in it, monotonic, ms. */
  usedMs: number;
  /** Whether it is still placed here. */
  placed: boolean;
  readonly jobs: Set<RunningTicket>;
  /** Callers waiting for the answer to the request. */
  readonly waiters: ((granted: boolean) => void)[];
}

/** A job that runs in a slot. */
export interface RunningTicket extends SlotTicket {
  readonly slot: HeldSlot;
  lose(): void;
}

/** The slots of one tenant that are placed here. */
export interface TenantSlots {
  slots: HeldSlot[];
  /** Whether every slot of the tenant is placed here. */
  alone: boolean;
  /** Pending until a slot held by another process is requested again. */
  timer: NodeJS.Timeout | null;
}

/** Creates a slot that is not held yet. */
export function newSlot(tenantId: string, number: number): HeldSlot {
  return {
    tenantId,
    number,
    bucket: bucketOf(tenantId),
    untilMs: 0,
    askAtMs: 0,
    asking: false,
    epoch: 0,
    usedMs: 0,
    placed: true,
    jobs: new Set(),
    waiters: [],
  };
}

/**
 * @param granted whether the slot was granted; null when it is already held
 * @param isHeld whether its lease still counts as held
 * @param isGood whether another job may start in its place
 */
export function newTicket(
  slot: HeldSlot,
  granted: Promise<boolean> | null,
  isHeld: () => boolean,
  isGood: () => boolean,
): RunningTicket {
  const listeners: (() => void)[] = [];
  let lost = false;
  // A process resumed after a stop may receive its next job before its timers notice that the lease expired.
  const isLost = (): boolean => lost || !isHeld();
  return {
    slot,
    tenantId: slot.tenantId,
    granted,
    isGood,
    isLost,
    onLost(listener) {
      if (isLost()) listener();
      else listeners.push(listener);
    },
    lose() {
      lost = true;
      for (const listener of listeners.splice(0)) listener();
    },
  };
}
