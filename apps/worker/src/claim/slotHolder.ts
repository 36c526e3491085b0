import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { SlotRoom, SlotTicket } from '@sluice/shared/queue/slotRoom';
import type { SlotAnswer, SlotRequest } from '@sluice/shared/redis/commands/holdSlots';
import type { HeldSlot, RunningTicket, TenantSlots } from './heldSlot.js';
import { newSlot, newTicket } from './heldSlot.js';

/** What the holder needs. */
export interface SlotHolderOptions {
  readonly workerId: string;
  /** How long a lease lasts unless it is renewed, in ms. */
  readonly leaseMs: number;
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
  /** Takes, renews and gives back in Redis; one answer for each slot that is taken. */
  readonly hold: (request: SlotRequest) => Promise<readonly SlotAnswer[]>;
  /** A tenant may have room again. */
  readonly room: (tenantId: string) => void;
  /** A clock that never jumps, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** A lease is counted on until this share of it is left: nobody else can have it by then, whatever the clocks' rates. */
const MARGIN = 0.1;

/** A lease is renewed when less than this share of it is left. */
const RENEW_BELOW = 0.6;

/** A lease that no job has used for this share of its time is given back; one that was used is kept for the next job. */
const KEEP_UNUSED = 0.5;

/** How often leases are looked through, as a share of a lease. */
const TICK = 0.05;

/** A slot that another holds is asked for again after so long at most, in ms. */
const ASK_AGAIN_MS = 250;

/**
 * Holds the slots of tenants that have work here, as leases. A lease counts from before it was asked for, and until 10 %
 * before it can end, by this process's own clock that never jumps: the holder gives it up before it can end under it.
 */
export class SlotHolder implements SlotRoom, Service {
  readonly name = 'slots';
  private readonly tenants = new Map<string, TenantSlots>();
  /** What is asked for in this turn of the event loop, by bucket. */
  private readonly requests = new Map<number, { take: HeldSlot[]; give: HeldSlot[] }>();
  private held = 0;
  private leaving = false;
  private ticker: NodeJS.Timeout | null = null;
  private sending: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SlotHolderOptions) {}

  async start(): Promise<void> {
    this.ticker = setInterval(() => this.tick(), this.options.leaseMs * TICK);
  }

  async stop(): Promise<void> {
    this.leave();
    if (this.ticker !== null) clearInterval(this.ticker);
    this.ticker = null;
    for (const { timer } of this.tenants.values()) if (timer !== null) clearTimeout(timer);
    await new Promise(setImmediate);
    await this.sending;
  }

  /** Which numbered slots of which tenants are placed here. One that no longer is goes back when no job runs in it. */
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

  /** Takes no more slots, and gives back each one that no job runs in: at once, or when its last job ends. */
  leave(): void {
    this.leaving = true;
    for (const { slots } of this.tenants.values()) {
      for (const slot of slots) if (slot.jobs.size === 0) this.giveBack(slot);
    }
  }

  /** Leases held. */
  size(): number {
    return this.held;
  }

  has(tenantId: string): boolean {
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined || this.leaving) return false;
    if (tenant.slots.some((slot) => this.canStart(slot))) return true;
    const nowMs = this.options.monotonicMs();
    const free = tenant.slots.find((slot) => slot.placed && slot.jobs.size === 0 && !slot.asking);
    if (free !== undefined && free.askAtMs <= nowMs) this.ask(free);
    else if (free !== undefined) this.retryLater(tenantId, free.askAtMs - nowMs);
    return false;
  }

  take(tenantId: string): SlotTicket | null {
    if (this.leaving) return null;
    const slot = this.tenants.get(tenantId)?.slots.find((each) => this.canStart(each));
    if (slot === undefined) return null;
    const ticket = newTicket(slot, () => !this.leaving && slot.placed && this.isHeld(slot));
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
    return slot.placed && slot.jobs.size < this.options.slotConcurrency && this.isHeld(slot);
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
    tenant.slots = tenant.slots.filter(({ placed, jobs }) => placed || jobs.size > 0);
    if (tenant.slots.length > 0) return;
    if (tenant.timer !== null) clearTimeout(tenant.timer);
    this.tenants.delete(tenantId);
  }

  private ask(slot: HeldSlot): void {
    if (slot.asking) return;
    slot.asking = true;
    this.requestFor(slot.bucket).take.push(slot);
  }

  private giveBack(slot: HeldSlot): void {
    if (slot.untilMs === 0) return;
    this.endLease(slot);
    this.requestFor(slot.bucket).give.push(slot);
  }

  private endLease(slot: HeldSlot): void {
    slot.untilMs = 0;
    slot.epoch++;
    this.held--;
  }

  /** What is asked for in one turn of the event loop goes in one call per bucket. */
  private requestFor(bucket: number): { take: HeldSlot[]; give: HeldSlot[] } {
    const known = this.requests.get(bucket);
    if (known !== undefined) return known;
    const request = { take: [], give: [] };
    this.requests.set(bucket, request);
    if (this.requests.size === 1) setImmediate(() => this.sendAll());
    return request;
  }

  private sendAll(): void {
    const all = [...this.requests];
    this.requests.clear();
    this.sending = Promise.all(all.map(([bucket, { take, give }]) => this.send(bucket, take, give)));
  }

  private async send(bucket: number, take: readonly HeldSlot[], give: readonly HeldSlot[]): Promise<void> {
    const { workerId: holder, leaseMs, monotonicMs, hold, log } = this.options;
    const askedMs = monotonicMs();
    const epochs = take.map(({ epoch }) => epoch);
    let answers: readonly SlotAnswer[] = [];
    try {
      answers = await hold({ bucket, holder, leaseMs, take, give });
    } catch (err) {
      log.debug({ err, bucket }, 'slots could not be leased');
    }
    for (const [index, slot] of take.entries()) {
      slot.asking = false;
      this.answered(slot, slot.epoch === epochs[index] ? answers[index] : undefined, askedMs);
    }
  }

  /** @param answer undefined when nothing is known */
  private answered(slot: HeldSlot, answer: SlotAnswer | undefined, askedMs: number): void {
    const { leaseMs, monotonicMs, room } = this.options;
    if (answer?.kind === 'granted') {
      if (slot.untilMs === 0) {
        this.held++;
        slot.usedMs = monotonicMs();
      }
      slot.untilMs = askedMs + leaseMs * (1 - MARGIN);
      // A slot that was taken away while it was asked for goes back.
      if ((!slot.placed || this.leaving) && slot.jobs.size === 0) this.giveBack(slot);
      else room(slot.tenantId);
      return;
    }
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

  /** Another may hold the slot, or soon will: what runs in it must end. */
  private lose(slot: HeldSlot): void {
    this.endLease(slot);
    for (const job of [...slot.jobs]) job.lose();
  }

  private tick(): void {
    const nowMs = this.options.monotonicMs();
    for (const { slots } of this.tenants.values()) {
      for (const slot of slots) if (slot.untilMs !== 0) this.keep(slot, nowMs);
    }
  }

  private keep(slot: HeldSlot, nowMs: number): void {
    const { leaseMs, log } = this.options;
    const isUsed = slot.jobs.size > 0;
    if (slot.untilMs <= nowMs && isUsed) {
      const { tenantId, number, jobs } = slot;
      log.warn({ tenantId, slot: number, jobs: jobs.size }, 'a slot could not be kept; its jobs are told to stop');
      this.lose(slot);
    } else if (!isUsed && (this.leaving || !slot.placed || nowMs - slot.usedMs > leaseMs * KEEP_UNUSED)) {
      this.giveBack(slot);
    } else if (slot.untilMs - nowMs < leaseMs * RENEW_BELOW) this.ask(slot);
  }
}
