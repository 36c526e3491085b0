import type { SlotTicket } from '@sluice/fleet/queue/run/slotCapacity';
import { bucketOf } from '@sluice/shared/domain/lane';

/** A slot that is placed at this process, or was when a job started in it. */
export interface HeldSlot {
  readonly tenantId: string;
  readonly number: number;
  readonly bucket: number;
  /** Until when its lease is counted on, monotonic, ms; 0 while there is none. */
  untilMs: number;
  /** Not asked for before, monotonic, ms. */
  askAtMs: number;
  /** A question is under way. */
  asking: boolean;
  /** Grows when the lease ends here: an answer to an older question says nothing any more. */
  epoch: number;
  /** When a job last started or ended in it, monotonic, ms. */
  usedMs: number;
  /** Still placed here. */
  placed: boolean;
  readonly jobs: Set<RunningTicket>;
  /** Those who wait for the answer to the question. */
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
  /** Every slot of the tenant is placed here. */
  alone: boolean;
  /** Set until a slot that another holds is asked for again. */
  timer: NodeJS.Timeout | null;
}

/** A slot that is not held yet. */
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
 * @param granted whether the slot is had; null when it is
 * @param isHeld whether its lease is counted on
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
  // A process that was stopped gets its next job before its timers have seen that the lease is over.
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
