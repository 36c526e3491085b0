import { bucketOf, tenantOfLane } from '../domain/lane.js';
import { createTurns, TURN_QUANTUM } from '../domain/turns.js';
import type { LaneKeys } from '../redis/commands/lookAtLanes.js';
import type { SlotRoom, SlotTicket } from './slotRoom.js';

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

/** What the board tells. */
export interface BoardListener {
  /** A job could be claimed. */
  work(): void;
  /** Work may wait in a lane, or not: it is to be looked at. */
  doubt(lane: OpenLane): void;
  /** A lane's marker is to be awaited from now on, or no longer. */
  listen(lane: OpenLane, on: boolean): void;
}

/** Which lanes have work, and which runs next. Every operation is O(1). */
export interface LaneBoard {
  open(name: string, keys: LaneKeys): OpenLane;
  close(name: string): void;
  lanes(): Iterable<OpenLane>;
  setWeight(tenantId: string, weight: number): void;
  /** A lane's marker was taken. @returns false when this process cannot run more of it, and another might */
  marked(lane: OpenLane): boolean;
  /** So many jobs are believed to wait in a lane. */
  wake(name: string, jobs: number): void;
  /** Nothing is due in a lane before then, unix ms. An earlier moment stands. */
  wakeAt(name: string, dueMs: number): void;
  /** A tenant may have room again. */
  room(tenantId: string): void;
  /** The lane whose turn it is, with room for a job; null when none can run. */
  next(): Claim | null;
  hasWork(): boolean;
  /** Whether the next job of the lane may follow one that ends. */
  mayGoOn(claim: Claim): boolean;
  /** A claim gave a job: its first, or one that followed. */
  began(claim: Claim): void;
  end(claim: Claim, how: ClaimEnd): void;
}

interface LaneState extends OpenLane {
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
  wakesAtMs: number;
  timer: NodeJS.Timeout | null;
}

interface TenantState {
  readonly id: string;
  weight: number;
  readonly lanes: Set<LaneState>;
  claims: number;
  /** Lanes that have credit, the next first. */
  readonly ready: Set<LaneState>;
}

interface ClaimState extends Claim {
  readonly lane: LaneState;
  /** What `pops` was when Redis was last asked: a marker taken since may tell of a job that the answer does not. */
  popsAsked: number;
  streak: number;
}

/**
 * Markers that one lone job gives: its own, and one for its activation. A lane that gives no more than these stays in the
 * wait, which saves putting it back; one that gives more is busy, and would end the wait again and again.
 */
const MARKERS_OF_ONE_JOB = 2;

/** Longest time that a timer can be set for, in ms. */
const LONGEST_TIMER_MS = 2_000_000_000;

/** @param now unix ms, by which BullMQ judges delayed jobs as well */
export function createLaneBoard(room: SlotRoom, now: () => number, tell: BoardListener): LaneBoard {
  const lanes = new Map<string, LaneState>();
  const tenants = new Map<string, TenantState>();
  const weights = new Map<string, number>();
  const turns = createTurns();

  function tenantOf(id: string): TenantState {
    let tenant = tenants.get(id);
    if (tenant === undefined) {
      tenant = { id, weight: weights.get(id) ?? 1, lanes: new Set(), claims: 0, ready: new Set() };
      tenants.set(id, tenant);
    }
    return tenant;
  }

  /** Puts a tenant into the ring, or out of it, by what it has now. */
  function place(tenant: TenantState): void {
    if (tenant.ready.size > 0) {
      if (!room.has(tenant.id)) return turns.pass(tenant.id);
      turns.enter(tenant.id, tenant.weight);
      return tell.work();
    }
    if (tenant.claims > 0) return turns.pass(tenant.id);
    turns.leave(tenant.id);
    if (tenant.lanes.size === 0) tenants.delete(tenant.id);
  }

  function makeReady(lane: LaneState, jobs: number): void {
    if (!lane.isOpen) return;
    stopTimer(lane);
    lane.credit = Math.max(lane.credit, jobs);
    const tenant = tenantOf(lane.tenantId);
    tenant.ready.add(lane);
    relisten(lane);
    place(tenant);
  }

  function dropCredit(lane: LaneState): void {
    lane.credit = 0;
    tenantOf(lane.tenantId).ready.delete(lane);
  }

  function putOff(lane: LaneState, untilMs: number): void {
    if (!lane.isOpen || (lane.timer !== null && lane.wakesAtMs <= untilMs)) return;
    stopTimer(lane);
    lane.wakesAtMs = untilMs;
    const waitMs = Math.min(Math.max(untilMs - now(), 1), LONGEST_TIMER_MS);
    lane.timer = setTimeout(() => {
      lane.timer = null;
      if (now() < untilMs) putOff(lane, untilMs);
      else makeReady(lane, 1);
    }, waitMs);
  }

  /** Whether a lane's marker is to be awaited: not while its work is known, or could not be run. */
  function shouldListen(lane: LaneState): boolean {
    if (!lane.isOpen) return false;
    if (lane.popsSinceRest <= MARKERS_OF_ONE_JOB && room.isAlone(lane.tenantId)) return true;
    return lane.credit === 0 && (lane.claims === 0 || !isFull(tenantOf(lane.tenantId)));
  }

  function relisten(lane: LaneState): void {
    const on = shouldListen(lane);
    if (on === lane.listens) return;
    lane.listens = on;
    tell.listen(lane, on);
  }

  function isFull(tenant: TenantState): boolean {
    return tenant.claims >= room.mostJobs(tenant.id);
  }

  return {
    open(name, keys) {
      const known = lanes.get(name);
      if (known !== undefined) return known;
      const tenantId = tenantOfLane(name);
      const lane: LaneState = {
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
        wakesAtMs: 0,
        timer: null,
      };
      lanes.set(name, lane);
      tenantOf(tenantId).lanes.add(lane);
      relisten(lane);
      return lane;
    },
    close(name) {
      const lane = lanes.get(name);
      if (lane === undefined) return;
      lanes.delete(name);
      lane.isOpen = false;
      stopTimer(lane);
      dropCredit(lane);
      relisten(lane);
      const tenant = tenantOf(lane.tenantId);
      tenant.lanes.delete(lane);
      place(tenant);
    },
    lanes: () => lanes.values(),
    setWeight(tenantId, weight) {
      if (weight === 1) weights.delete(tenantId);
      else weights.set(tenantId, weight);
      const tenant = tenants.get(tenantId);
      if (tenant !== undefined) tenant.weight = weight;
    },
    marked({ name }) {
      const lane = lanes.get(name);
      if (lane === undefined) return false;
      const tenant = tenantOf(lane.tenantId);
      lane.pops++;
      lane.popsSinceRest++;
      const full = isFull(tenant);
      if (!lane.owesMarker) makeReady(lane, 1);
      else if (!full) tell.doubt(lane);
      lane.owesMarker = false;
      relisten(lane);
      return !full || room.isAlone(lane.tenantId);
    },
    wake(name, jobs) {
      const lane = lanes.get(name);
      if (lane !== undefined && jobs > 0) makeReady(lane, jobs);
    },
    wakeAt(name, dueMs) {
      const lane = lanes.get(name);
      if (lane !== undefined) putOff(lane, dueMs);
    },
    room(tenantId) {
      const tenant = tenants.get(tenantId);
      if (tenant === undefined) return;
      for (const lane of tenant.lanes) relisten(lane);
      place(tenant);
    },
    next() {
      for (let tenantId = turns.next(); tenantId !== null; tenantId = turns.next()) {
        const tenant = tenantOf(tenantId);
        const [lane] = tenant.ready;
        const ticket = lane === undefined ? null : room.take(tenantId);
        if (lane === undefined || ticket === null) {
          place(tenant);
          continue;
        }
        tenant.ready.delete(lane);
        lane.credit--;
        if (lane.credit > 0) tenant.ready.add(lane);
        lane.claims++;
        tenant.claims++;
        relisten(lane);
        if (tenant.ready.size === 0 || !room.has(tenantId)) turns.pass(tenantId);
        if (turns.someoneWaits()) tell.work();
        const claim: ClaimState = { lane, ticket, popsAsked: lane.pops, streak: 0 };
        return claim;
      }
      return null;
    },
    hasWork: () => turns.someoneWaits(),
    mayGoOn(held) {
      const claim = held as ClaimState;
      const { lane, ticket } = claim;
      if (!lane.isOpen || !ticket.isGood()) return false;
      // Another lane of the same tenant waits for its turn.
      if (claim.streak >= TURN_QUANTUM && tenantOf(lane.tenantId).ready.size > (lane.credit > 0 ? 1 : 0)) return false;
      if (!turns.mayGoOn(lane.tenantId)) return false;
      claim.popsAsked = lane.pops;
      return true;
    },
    began(held) {
      const claim = held as ClaimState;
      claim.streak++;
      claim.lane.owesMarker = true;
    },
    end(held, how) {
      const { lane, ticket, popsAsked } = held as ClaimState;
      const tenant = tenantOf(lane.tenantId);
      lane.claims--;
      tenant.claims--;
      room.give(ticket);
      if (how.kind === 'unknown') makeReady(lane, 1);
      else {
        dropCredit(lane);
        if (how.limitMs > 0) putOff(lane, now() + how.limitMs);
        else if (how.dueMs > 0) putOff(lane, how.dueMs);
        if (lane.isOpen && how.limitMs === 0 && lane.pops !== popsAsked) tell.doubt(lane);
      }
      if (lane.claims === 0 && lane.credit === 0) lane.popsSinceRest = 0;
      place(tenant);
      relisten(lane);
    },
  };
}

function stopTimer(lane: LaneState): void {
  if (lane.timer !== null) clearTimeout(lane.timer);
  lane.timer = null;
}
