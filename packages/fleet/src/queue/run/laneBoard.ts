import type { LaneKeys } from '../../redis/commands/inspectLanes.js';
import type { BoardListener } from './boardListener.js';
import type { Claim, ClaimEnd, ClaimState, LaneState, OpenLane, TenantState } from './laneState.js';
import { newLane, newTenant, stopTimer } from './laneState.js';
import type { SlotCapacity } from './slotCapacity.js';
import type { Turns } from './turns.js';
import { createTurns, TURN_QUANTUM } from './turns.js';

/**
 * A lone job yields two markers: its own and one for its activation. A lane that yields more is busy and is left out of
 * the wait, which it would end repeatedly; one that yields no more stays in, which saves adding it again.
 */
const MARKERS_OF_ONE_JOB = 2;

/**
 * A claim older than this yields to waiting tenants, in ms: continuing saves a script call, which long jobs can spare.
 */
const LONG_TURN_MS = 10;

/** A rate limit is checked again after this long, in ms: it may have been lifted and the notification lost. */
const LONGEST_TRUST_MS = 60_000;

/** Maximum timer delay, in ms. */
const LONGEST_TIMER_MS = 2_000_000_000;

/**
 * Tracks which lanes have work and decides which runs next. Does no I/O: callers report observations, and it notifies
 * its listener of what to do. Every operation is O(1).
 */
export class LaneBoard {
  private readonly lanes = new Map<string, LaneState>();
  private readonly tenants = new Map<string, TenantState>();
  private readonly weights = new Map<string, number>();
  private readonly turns: Turns = createTurns();
  private claims = 0;

  /**
   * @param mostClaims maximum concurrent jobs in this process
   * @param now unix ms; BullMQ uses the same clock for delayed jobs
   */
  constructor(
    private readonly capacity: SlotCapacity,
    private readonly mostClaims: number,
    private readonly now: () => number,
    private readonly listener: BoardListener,
  ) {}

  open(name: string, keys: LaneKeys): OpenLane {
    const known = this.lanes.get(name);
    if (known !== undefined) return known;
    const lane = newLane(name, keys);
    this.lanes.set(name, lane);
    this.tenantOf(lane.tenantId).lanes.add(lane);
    this.relisten(lane);
    return lane;
  }

  close(name: string): void {
    const lane = this.lanes.get(name);
    if (lane === undefined) return;
    this.lanes.delete(name);
    lane.isOpen = false;
    // The process that runs the lane next may not know when its next job is due.
    if (lane.timer !== null) this.listener.passOn(lane);
    stopTimer(lane);
    this.dropCredit(lane);
    this.relisten(lane);
    const tenant = this.tenantOf(lane.tenantId);
    tenant.lanes.delete(lane);
    if (tenant.lanes.size === 0) this.weights.delete(tenant.id);
    this.place(tenant);
  }

  setWeight(tenantId: string, weight: number): void {
    if (weight === 1) this.weights.delete(tenantId);
    else this.weights.set(tenantId, weight);
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined || tenant.weight === weight) return;
    tenant.weight = weight;
    this.place(tenant);
  }

  /** A lane's marker was taken: work may wait in it. */
  marked(marked: OpenLane): void {
    const lane = this.lanes.get(marked.name);
    if (lane === undefined) {
      this.listener.passOn(marked);
      return;
    }
    const full = this.isFull(this.tenantOf(lane.tenantId));
    lane.pops++;
    lane.popsSinceRest++;
    if (!lane.owesMarker) this.makeReady(lane, 1);
    // If the lane is claimed, the end of that claim checks Redis anyway.
    else if (!full || lane.claims === 0) this.listener.doubt(lane);
    lane.owesMarker = false;
    this.relisten(lane);
    if (full || this.isSaturated()) this.passOn(lane);
  }

  /** A lane's marker was taken: its next job is due at `dueMs`, unix ms. */
  markedFor(marked: OpenLane, dueMs: number): void {
    if (this.lanes.has(marked.name)) this.wakeAt(marked.name, dueMs);
    else this.listener.passOn(marked);
  }

  /** About `jobs` jobs wait in a lane. */
  wake(name: string, jobs: number): void {
    const lane = this.lanes.get(name);
    if (lane !== undefined && jobs > 0) this.makeReady(lane, jobs);
  }

  /** A job of a lane is due at `dueMs`, unix ms. An earlier known due time is kept. */
  wakeAt(name: string, dueMs: number): void {
    const lane = this.lanes.get(name);
    if (lane !== undefined) this.defer(lane, dueMs);
  }

  /** A lane's rate limit was lifted early. */
  holdEnded(name: string): void {
    const lane = this.lanes.get(name);
    if (lane !== undefined) lane.limitedUntilMs = 0;
  }

  /** The tenant's capacity in this process changed. */
  capacityFreed(tenantId: string): void {
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined) return;
    for (const lane of tenant.lanes) this.relisten(lane);
    this.place(tenant);
  }

  /** This process was refused a slot for the tenant: another process may hold one. */
  refusedTo(tenantId: string): void {
    for (const lane of this.tenants.get(tenantId)?.ready ?? []) this.passOn(lane);
  }

  hasWork(): boolean {
    return this.turns.someoneWaits();
  }

  /** Claims the next lane, with capacity for one job; null when none can run. */
  next(): Claim | null {
    for (let tenantId = this.turns.next(); tenantId !== null; tenantId = this.turns.next()) {
      const tenant = this.tenantOf(tenantId);
      const [lane] = tenant.ready;
      const ticket = lane === undefined ? null : this.capacity.take(tenantId);
      if (lane === undefined || ticket === null) this.place(tenant);
      else {
        this.count(tenant, lane);
        const claim: ClaimState = { lane, ticket, popsAsked: lane.pops, sinceMs: this.now(), jobs: 0 };
        return claim;
      }
    }
    return null;
  }

  /** Whether the claim may continue with the lane's next job when one ends. */
  mayGoOn(held: Claim): boolean {
    const claim = held as ClaimState;
    const { lane, ticket } = claim;
    if (!lane.isOpen || !ticket.isGood()) return false;
    // Another lane of the same tenant is ready.
    const others = this.tenantOf(lane.tenantId).ready.size > (lane.credit > 0 ? 1 : 0);
    if (others && claim.jobs >= TURN_QUANTUM) return false;
    if (this.now() - claim.sinceMs > LONG_TURN_MS && this.turns.othersWait(lane.tenantId)) return false;
    if (!this.turns.mayGoOn(lane.tenantId)) return false;
    claim.popsAsked = lane.pops;
    return true;
  }

  /** A claim yielded a job: its first or a subsequent one. */
  began(held: Claim): void {
    const claim = held as ClaimState;
    claim.jobs++;
    claim.lane.owesMarker = true;
  }

  end(held: Claim, how: ClaimEnd): void {
    const { lane, ticket, popsAsked } = held as ClaimState;
    const tenant = this.tenantOf(lane.tenantId);
    lane.claims--;
    tenant.claims--;
    this.claims--;
    this.capacity.give(ticket);
    if (how.kind === 'unknown') this.makeReady(lane, 1);
    else this.settle(lane, how, lane.pops !== popsAsked);
    if (lane.claims === 0 && lane.credit === 0) lane.popsSinceRest = 0;
    for (const each of tenant.lanes) this.relisten(each);
    this.place(tenant);
  }

  /** @param marked a marker was taken since the last query to Redis, so a job may have arrived after the reply */
  private settle(lane: LaneState, { limitMs, dueMs }: ClaimEnd & { kind: 'empty' }, marked: boolean): void {
    this.dropCredit(lane);
    if (limitMs > 0) {
      lane.limitedUntilMs = this.now() + Math.min(limitMs, LONGEST_TRUST_MS);
      this.defer(lane, lane.limitedUntilMs);
    } else if (dueMs > 0) this.defer(lane, dueMs);
    if (marked && lane.isOpen && limitMs === 0) this.listener.doubt(lane);
  }

  private count(tenant: TenantState, lane: LaneState): void {
    tenant.ready.delete(lane);
    lane.credit--;
    if (lane.credit > 0) tenant.ready.add(lane);
    lane.claims++;
    tenant.claims++;
    this.claims++;
    this.relisten(lane);
    if (tenant.ready.size === 0 || !this.capacity.mayHave(tenant.id)) this.turns.pass(tenant.id);
    if (this.turns.someoneWaits()) this.listener.work();
  }

  private tenantOf(id: string): TenantState {
    const known = this.tenants.get(id);
    if (known !== undefined) return known;
    const tenant = newTenant(id, this.weights.get(id) ?? 1);
    this.tenants.set(id, tenant);
    return tenant;
  }

  /** Adds a tenant to the ring or removes it, depending on its work and capacity. */
  private place(tenant: TenantState): void {
    const { turns } = this;
    // Request a slot only when a job could start in it: a lease that waits for its turn expires unused.
    const hasCapacity =
      tenant.ready.size > 0 && (this.isSaturated() ? this.capacity.mayHave(tenant.id) : this.capacity.has(tenant.id));
    if (hasCapacity) {
      turns.enter(tenant.id, tenant.weight);
      this.listener.work();
    } else if (tenant.ready.size > 0 || tenant.claims > 0) turns.pass(tenant.id);
    else {
      turns.leave(tenant.id);
      if (tenant.lanes.size === 0) this.tenants.delete(tenant.id);
    }
  }

  private makeReady(lane: LaneState, jobs: number): void {
    if (!lane.isOpen) return;
    if (this.now() < lane.limitedUntilMs) {
      // A job that came due during the limit consumed the timer that would have ended the limit.
      this.defer(lane, lane.limitedUntilMs);
      return;
    }
    stopTimer(lane);
    lane.credit = Math.max(lane.credit, jobs);
    const tenant = this.tenantOf(lane.tenantId);
    tenant.ready.add(lane);
    this.relisten(lane);
    this.place(tenant);
  }

  private dropCredit(lane: LaneState): void {
    lane.credit = 0;
    this.tenantOf(lane.tenantId).ready.delete(lane);
  }

  private defer(lane: LaneState, untilMs: number): void {
    if (!lane.isOpen || (lane.timer !== null && lane.wakesAtMs <= untilMs)) return;
    stopTimer(lane);
    lane.wakesAtMs = untilMs;
    const waitMs = Math.min(Math.max(untilMs - this.now(), 1), LONGEST_TIMER_MS);
    lane.timer = setTimeout(() => {
      lane.timer = null;
      if (this.now() < untilMs) this.defer(lane, untilMs);
      else {
        this.makeReady(lane, 1);
        if (this.isFull(this.tenantOf(lane.tenantId))) this.passOn(lane);
      }
    }, waitMs);
  }

  private passOn(lane: LaneState): void {
    if (!this.capacity.isAlone(lane.tenantId)) this.listener.passOn(lane);
  }

  private isSaturated(): boolean {
    return this.claims >= this.mostClaims;
  }

  private isFull(tenant: TenantState): boolean {
    return tenant.claims >= this.capacity.mostJobs(tenant.id);
  }

  /** Whether to wait for a lane's marker: not while its work is already known or could not run. */
  private shouldListen(lane: LaneState): boolean {
    if (!lane.isOpen) return false;
    if (lane.popsSinceRest <= MARKERS_OF_ONE_JOB && this.capacity.isAlone(lane.tenantId)) return true;
    return lane.credit === 0 && (lane.claims === 0 || !this.isFull(this.tenantOf(lane.tenantId)));
  }

  private relisten(lane: LaneState): void {
    const on = this.shouldListen(lane);
    if (on === lane.listens) return;
    lane.listens = on;
    this.listener.listen(lane, on);
  }
}
