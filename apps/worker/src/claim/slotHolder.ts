import type { SlotCapacity, SlotTicket } from '@sluice/fleet/queue/run/slotCapacity';
import type { SlotAnswer } from '@sluice/fleet/redis/commands/holdSlots';
import type { Service } from '@sluice/shared/lifecycle/service';
import type { HeldSlot, RunningTicket, TenantSlots } from './heldSlot.js';
import { newSlot, newTicket } from './heldSlot.js';
import { createSleepWatch } from './sleepWatch.js';
import type { SlotRequests, SlotRequestsParts } from './slotRequests.js';
import { createSlotRequests } from './slotRequests.js';

/** Options of the slot holder. */
export interface SlotHolderOptions extends SlotRequestsParts {
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
  /** Called when a tenant may have capacity again. */
  readonly room: (tenantId: string) => void;
  /** Called when another process may have capacity for what a tenant waits for here. */
  readonly refused: (tenantId: string) => void;
  /** Time of day, unix ms. */
  readonly now: () => number;
}

/**
 * A lease counts as held until this share of it is left, and at least this long: running jobs are then stopped, and
 * have ended before another process can hold the slot, whatever the clocks' rates.
 */
const MARGIN = 0.1;
const LEAST_MARGIN_MS = 750;

/** A job starts only while more than this share of the lease is left; below it, the lease is renewed first. */
const START_ABOVE = 0.3;

/** A lease is renewed when less than this share of it is left. */
const RENEW_BELOW = 0.6;

/** A lease that no job has used for this share of its duration is not renewed and expires without a call to Redis. */
const KEEP_UNUSED = 0.5;

/** How often leases are checked, as a share of a lease. */
const TICK = 0.02;

/** Maximum delay before a slot held by another process is requested again, in ms. */
const ASK_AGAIN_MS = 500;

/**
 * Holds the slots of tenants that have work here, as leases. By this process's monotonic clock, a lease counts from
 * before it was requested until 10 % before it can expire: the holder gives it up before it can expire.
 */
export class SlotHolder implements SlotCapacity, Service {
  readonly name = 'slots';
  private readonly tenants = new Map<string, TenantSlots>();
  private readonly requests: SlotRequests;
  private hasSlept = (): boolean => false;
  private held = 0;
  private leaving = false;
  private ticker: NodeJS.Timeout | null = null;
  private readonly countedMs: number;

  constructor(private readonly options: SlotHolderOptions) {
    this.countedMs = options.leaseMs - Math.max(options.leaseMs * MARGIN, LEAST_MARGIN_MS);
    this.requests = createSlotRequests(options, (slot, answer, askedMs) => this.answered(slot, answer, askedMs));
  }

  async start(): Promise<void> {
    this.hasSlept = createSleepWatch(this.options.now, this.options.monotonicMs);
    this.ticker = setInterval(() => this.tick(), this.options.leaseMs * TICK);
  }

  async stop(): Promise<void> {
    this.leave();
    if (this.ticker !== null) clearInterval(this.ticker);
    this.ticker = null;
    for (const { timer } of this.tenants.values()) if (timer !== null) clearTimeout(timer);
    await this.requests.idle();
  }

  /**
   * Sets which numbered slots of which tenants are placed here. A slot that no longer is goes back when no job runs in
   * it.
   */
  follow(placed: ReadonlyMap<string, readonly number[]>, alone: (tenantId: string) => boolean): void {
    for (const [tenantId, tenant] of [...this.tenants]) if (!placed.has(tenantId)) this.place(tenantId, tenant, []);
    for (const [tenantId, numbers] of placed) {
      const tenant = this.tenants.get(tenantId) ?? { slots: [], alone: false, timer: null };
      tenant.alone = alone(tenantId);
      this.tenants.set(tenantId, tenant);
      this.place(tenantId, tenant, numbers);
      this.options.room(tenantId);
    }
  }

  /** Takes no more slots, and gives back each idle one at once and each busy one when its last job ends. */
  leave(): void {
    this.leaving = true;
    for (const { slots } of this.tenants.values()) {
      for (const slot of slots) if (slot.jobs.size === 0) this.giveBack(slot);
    }
  }

  /** Number of leases held. */
  size(): number {
    return this.held;
  }

  has(tenantId: string): boolean {
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined || this.leaving) return false;
    if (tenant.slots.some((slot) => this.canStart(slot) || this.isPromised(slot))) return true;
    const free = this.findFree(tenantId, tenant);
    if (free !== null) this.ask(free);
    return free !== null;
  }

  mayHave(tenantId: string): boolean {
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined || this.leaving) return false;
    if (tenant.slots.some((slot) => this.canStart(slot) || this.isPromised(slot))) return true;
    return this.findFree(tenantId, tenant) !== null;
  }

  take(tenantId: string): SlotTicket | null {
    if (this.leaving) return null;
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined) return null;
    const held = tenant.slots.find((each) => this.canStart(each));
    const slot = held ?? tenant.slots.find((each) => this.isPromised(each)) ?? this.findFree(tenantId, tenant);
    if (slot === null) return null;
    if (held === undefined) this.ask(slot);
    const granted = held === undefined ? new Promise<boolean>((resolve) => slot.waiters.push(resolve)) : null;
    const isHeld = (): boolean => this.isHeld(slot);
    const ticket = newTicket(slot, granted, isHeld, () => !this.leaving && slot.placed && isHeld());
    slot.jobs.add(ticket);
    slot.usedMs = this.options.monotonicMs();
    return ticket;
  }

  give(ticket: SlotTicket): void {
    const { slot } = ticket as RunningTicket;
    slot.jobs.delete(ticket as RunningTicket);
    slot.usedMs = this.options.monotonicMs();
    if (slot.jobs.size > 0 || (slot.placed && !this.leaving)) return;
    this.giveBack(slot);
    const tenant = this.tenants.get(slot.tenantId);
    if (tenant !== undefined) this.dropUnplaced(slot.tenantId, tenant);
  }

  mostJobs(tenantId: string): number {
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined) return 0;
    let slots = 0;
    for (const { placed } of tenant.slots) if (placed) slots++;
    return slots * this.options.slotConcurrency;
  }

  isAlone(tenantId: string): boolean {
    return this.tenants.get(tenantId)?.alone ?? false;
  }

  private isHeld(slot: HeldSlot): boolean {
    return slot.untilMs > this.options.monotonicMs();
  }

  private canStart(slot: HeldSlot): boolean {
    const { slotConcurrency, leaseMs, monotonicMs } = this.options;
    if (!slot.placed || slot.jobs.size >= slotConcurrency) return false;
    return slot.untilMs - monotonicMs() > Math.min(leaseMs * START_ABOVE, this.countedMs / 2);
  }

  /** A slot that may be requested now; when it is too early for all of them, the tenant is checked again later. */
  private findFree(tenantId: string, tenant: TenantSlots): HeldSlot | null {
    const nowMs = this.options.monotonicMs();
    let askAtMs = Number.POSITIVE_INFINITY;
    for (const slot of tenant.slots) {
      if (!slot.placed || slot.asking || slot.jobs.size >= this.options.slotConcurrency) continue;
      // A lost slot is not requested again while a job still runs in it.
      if (slot.jobs.size > 0 && slot.untilMs === 0) continue;
      if (slot.askAtMs <= nowMs) return slot;
      askAtMs = Math.min(askAtMs, slot.askAtMs);
    }
    if (askAtMs !== Number.POSITIVE_INFINITY) this.retryLater(tenantId, askAtMs - nowMs);
    return null;
  }

  /**
   * Whether the slot has a request in flight that is likely to be granted. The request precedes any claim that depends
   * on it on the same connection, so a job can be claimed without waiting for the answer.
   */
  private isPromised(slot: HeldSlot): boolean {
    if (!slot.asking || !slot.placed || slot.jobs.size >= this.options.slotConcurrency) return false;
    return (slot.jobs.size === 0 || slot.untilMs !== 0) && !this.canStart(slot);
  }

  private place(tenantId: string, tenant: TenantSlots, numbers: readonly number[]): void {
    const known = new Set<number>();
    for (const slot of tenant.slots) {
      known.add(slot.number);
      slot.placed = numbers.includes(slot.number);
      if (!slot.placed && slot.jobs.size === 0) this.giveBack(slot);
    }
    for (const number of numbers) if (!known.has(number)) tenant.slots.push(newSlot(tenantId, number));
    this.dropUnplaced(tenantId, tenant);
  }

  private dropUnplaced(tenantId: string, tenant: TenantSlots): void {
    tenant.slots = tenant.slots.filter(({ placed, jobs, asking }) => placed || jobs.size > 0 || asking);
    if (tenant.slots.length > 0) return;
    if (tenant.timer !== null) clearTimeout(tenant.timer);
    this.tenants.delete(tenantId);
  }

  private ask(slot: HeldSlot): void {
    if (slot.asking) return;
    slot.asking = true;
    this.requests.take(slot);
  }

  private giveBack(slot: HeldSlot): void {
    if (slot.untilMs === 0) return;
    this.endLease(slot);
    this.requests.give(slot);
  }

  private endLease(slot: HeldSlot): void {
    slot.untilMs = 0;
    slot.epoch++;
    this.held--;
  }

  /** @param answer undefined when the outcome is unknown */
  private answered(slot: HeldSlot, answer: SlotAnswer | undefined, askedMs: number): void {
    const { monotonicMs, room } = this.options;
    if (answer?.kind === 'granted') {
      if (slot.untilMs === 0) {
        this.held++;
        slot.usedMs = monotonicMs();
      }
      slot.untilMs = askedMs + this.countedMs;
      slot.askAtMs = 0;
      // A slot that was moved elsewhere while its request was in flight goes back.
      if ((!slot.placed || this.leaving) && slot.jobs.size === 0) this.giveBack(slot);
      else room(slot.tenantId);
      return;
    }
    if (answer !== undefined && slot.askAtMs === 0) this.options.refused(slot.tenantId);
    const waitMs = answer?.kind === 'held' ? Math.min(answer.forMs, ASK_AGAIN_MS) : ASK_AGAIN_MS;
    slot.askAtMs = monotonicMs() + waitMs;
    if (slot.untilMs !== 0 && answer !== undefined) this.lose(slot);
    this.retryLater(slot.tenantId, waitMs);
  }

  private retryLater(tenantId: string, waitMs: number): void {
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined || tenant.timer !== null) return;
    tenant.timer = setTimeout(() => {
      tenant.timer = null;
      this.options.room(tenantId);
    }, waitMs + 1);
  }

  /** Another process holds the slot or soon will: jobs that run in it must stop. */
  private lose(slot: HeldSlot): void {
    this.endLease(slot);
    for (const job of [...slot.jobs]) job.lose();
  }

  private tick(): void {
    const nowMs = this.options.monotonicMs();
    // After sleep, leases that count as held may have expired: each is requested again at once.
    const slept = this.hasSlept();
    for (const { slots } of this.tenants.values()) {
      for (const slot of slots) {
        if (slot.untilMs === 0) continue;
        if (slept) this.ask(slot);
        else this.keep(slot, nowMs);
      }
    }
  }

  private isWanted(slot: HeldSlot, nowMs: number): boolean {
    return !this.leaving && slot.placed && nowMs - slot.usedMs <= this.options.leaseMs * KEEP_UNUSED;
  }

  private keep(slot: HeldSlot, nowMs: number): void {
    if (slot.jobs.size > 0 || this.isWanted(slot, nowMs)) this.renew(slot, nowMs);
    else if (this.leaving || !slot.placed) this.giveBack(slot);
    else if (slot.untilMs <= nowMs) this.endLease(slot);
  }

  private renew(slot: HeldSlot, nowMs: number): void {
    const { leaseMs, log } = this.options;
    if (slot.untilMs <= nowMs && slot.jobs.size > 0) {
      const { tenantId, number, jobs } = slot;
      log.warn(
        { component: 'slots', event: 'slot_lost', tenantId, slot: number, jobs: jobs.size },
        'failed to renew a slot: its jobs are stopped and go back',
      );
      this.lose(slot);
    } else if (slot.untilMs - nowMs < leaseMs * RENEW_BELOW) this.ask(slot);
  }
}
