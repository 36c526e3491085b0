import { bucketOf, tenantOfLane } from '@sluice/shared/domain/lane';
import type { LaneKeys } from '../../redis/commands/inspectLanes.js';
import type { SlotTicket } from './slotCapacity.js';

/** A lane that this process runs. */
export interface OpenLane {
  readonly name: string;
  readonly tenantId: string;
  readonly bucket: number;
  readonly keys: LaneKeys;
}

/** A runner's claim on a lane, from claiming a job until it releases the lane. */
export interface Claim {
  readonly lane: OpenLane;
  readonly ticket: SlotTicket;
}

/** How a runner releases a lane. */
export type ClaimEnd =
  /** BullMQ reported no due job, the remaining rate limit (ms), and when the next job is due (unix ms). */
  | { readonly kind: 'empty'; readonly limitMs: number; readonly dueMs: number }
  /** BullMQ reported nothing: work may wait. */
  | { readonly kind: 'unknown' };

/** The board's state of a lane. */
export interface LaneState extends OpenLane {
  /** Claims worth trying. */
  credit: number;
  claims: number;
  /** Markers taken in total, and since the lane was last idle. */
  pops: number;
  popsSinceRest: number;
  /**
   * A job was activated since a marker was last taken: the next marker may come from that activation and signal no
   * work.
   */
  owesMarker: boolean;
  isOpen: boolean;
  listens: boolean;
  /** Set while the lane is deferred. */
  timer: NodeJS.Timeout | null;
  wakesAtMs: number;
  /** End of BullMQ's rate limit, unix ms. */
  limitedUntilMs: number;
}

/** The board's state of a tenant. */
export interface TenantState {
  readonly id: string;
  weight: number;
  readonly lanes: Set<LaneState>;
  claims: number;
  /** Lanes with credit, next first. */
  readonly ready: Set<LaneState>;
}

/** A claim as the board keeps it. */
export interface ClaimState extends Claim {
  readonly lane: LaneState;
  /** `pops` at the last query to Redis: a marker taken since may signal a job that the reply does not include. */
  popsAsked: number;
  /** Start of the claim, unix ms. */
  readonly sinceMs: number;
  /** Jobs that this claim has yielded. */
  jobs: number;
}

/** A lane with no known waiting work. */
export function newLane(name: string, keys: LaneKeys): LaneState {
  const tenantId = tenantOfLane(name);
  return {
    name,
    tenantId,
    bucket: bucketOf(tenantId),
    keys,
    credit: 0,
    claims: 0,
    pops: 0,
    popsSinceRest: 0,
    owesMarker: false,
    isOpen: true,
    listens: false,
    timer: null,
    wakesAtMs: 0,
    limitedUntilMs: 0,
  };
}

/** A tenant without lanes. */
export function newTenant(id: string, weight: number): TenantState {
  return { id, weight, lanes: new Set(), claims: 0, ready: new Set() };
}

/** Clears the lane's timer. */
export function stopTimer(lane: LaneState): void {
  if (lane.timer !== null) clearTimeout(lane.timer);
  lane.timer = null;
}
