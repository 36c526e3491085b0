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

/** A runner's hold on a lane: from the claim of a job until the lane is let go. */
export interface Claim {
  readonly lane: OpenLane;
  readonly ticket: SlotTicket;
}

/** How a runner lets go of a lane. */
export type ClaimEnd =
  /** BullMQ said that no job is due, how long the lane is rate limited (ms), and when the next job is (unix ms). */
  | { readonly kind: 'empty'; readonly limitMs: number; readonly dueMs: number }
  /** Nothing was said: work may wait. */
  | { readonly kind: 'unknown' };

/** What the board knows of a lane. */
export interface LaneState extends OpenLane {
  /** Claims that are worth trying. */
  credit: number;
  claims: number;
  /** Markers taken, ever; and since the lane last rested. */
  pops: number;
  popsSinceRest: number;
  /** A job was activated since a marker was last taken: the next one may be that activation's, and tell of no work. */
  owesMarker: boolean;
  isOpen: boolean;
  listens: boolean;
  /** Set while the lane is put off. */
  timer: NodeJS.Timeout | null;
  wakesAtMs: number;
  /** BullMQ's rate limit holds it back until then, unix ms. */
  limitedUntilMs: number;
}

/** What the board knows of a tenant. */
export interface TenantState {
  readonly id: string;
  weight: number;
  readonly lanes: Set<LaneState>;
  claims: number;
  /** Lanes that have credit, the next first. */
  readonly ready: Set<LaneState>;
}

/** A claim as the board keeps it. */
export interface ClaimState extends Claim {
  readonly lane: LaneState;
  /** What `pops` was when Redis was last asked: a marker taken since may tell of a job that the answer does not. */
  popsAsked: number;
  /** When it began, unix ms. */
  readonly sinceMs: number;
  /** Jobs that this claim has given. */
  jobs: number;
}

/** A lane in which nothing is known to wait. */
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

/** Nothing is due in the lane any more, as far as is known here. */
export function stopTimer(lane: LaneState): void {
  if (lane.timer !== null) clearTimeout(lane.timer);
  lane.timer = null;
}
